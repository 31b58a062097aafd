#include "backend-link/bridge/front_ids.h"

#include <variant>

namespace sallyport::backend_link {

std::optional<LinkNumber> FrontIds::link_of(wamp::SessionId from,
                                            const wamp::Message& followup) const {
    LinkSet links;
    const FrontRequests::Place* place = nullptr;
    if (const auto* yield = std::get_if<wamp::Yield>(&followup)) {
        place = invocations.find(from, yield->request);
    } else if (const auto* error = std::get_if<wamp::Error>(&followup)) {
        place = invocations.find(from, error->request);
    } else if (const auto* cancel = std::get_if<wamp::Cancel>(&followup)) {
        place = calls.find(from, cancel->request);
    } else if (const auto* further = std::get_if<wamp::Call>(&followup)) {
        place = calls.find(from, further->request);
    } else if (const auto* unsubscribe = std::get_if<wamp::Unsubscribe>(&followup)) {
        links = subscriptions.of(from, unsubscribe->subscription);
    } else if (const auto* unregister = std::get_if<wamp::Unregister>(&followup)) {
        links = registrations.of(from, unregister->registration);
    }
    if (place != nullptr) return place->link;
    return links.empty() ? std::nullopt : std::optional(links.first());
}

}  // namespace sallyport::backend_link
