// Where calls of wamp.subscription.get_events go, and what is announced of it.
#include <algorithm>
#include <string_view>
#include <utility>

#include "gateway/front/front.h"
#include "wamp/codec/codec.h"
#include "wamp/message/history.h"

namespace sallyport::gateway {

namespace uris = wamp::uris;
using policy::Door;

Front::Backend* Front::target_of(const policy::Session& session, const Door::Request& request,
                                 wamp::Instant now) {
    if (!reads_history(request.message)) return &choose(request, now);
    const auto args = wamp::args_of(std::get<wamp::Call>(request.message).payload);
    const auto* const id = args && !args->empty() ? (*args)[0].get_if<std::uint64_t>() : nullptr;
    const auto links = ids_.subscriptions.of(session.id, id == nullptr ? 0 : *id);
    Backend* best = nullptr;
    for (BackendNumber number = 0; number < backends_.size(); ++number) {
        if (!links.has(number)) continue;
        if (best == nullptr || rank_of(*backends_[number]) < rank_of(*best))
            best = backends_[number].get();
    }
    return best;
}

bool Front::reads_history(const wamp::Message& request) noexcept {
    const auto* const call = std::get_if<wamp::Call>(&request);
    return call != nullptr && call->procedure == uris::get_events;
}

void Front::note_history(Backend& backend, const wamp::Welcome& welcome) {
    const bool checked = backend.bridge.reads_history();
    const wamp::Dict* inner = &welcome.details;
    for (const std::string_view key : {"roles", "broker", "features"}) {
        if (inner != nullptr) inner = inner->get_dict(key);
    }
    backend.keeps_history = checked && inner != nullptr && inner->get_bool("event_history", false);
    gate_.announce(roles());
}

}  // namespace sallyport::gateway
