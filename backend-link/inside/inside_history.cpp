// How an inside answers wamp.subscription.get_events.
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "backend-link/inside/history_query.h"
#include "backend-link/inside/inside.h"
#include "wamp/codec/codec.h"
#include "wamp/message/history.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"
#include "wamp/router/history.h"

namespace sallyport::backend_link {

namespace uris = wamp::uris;
using policy::Action;

namespace {

/// What the reader is told of one event (W-EVH-01).
wamp::Dict entry_of(const wamp::History::Event& event, const wamp::Realm::Holding& subscription,
                    const wamp::CivilTime& time, bool names_publishers) {
    wamp::Dict details;
    if (subscription.match != wamp::MatchPolicy::exact) details.append("topic", event.topic);
    wamp::append_passthru(details, event.options);
    if (names_publishers && event.options.get_bool("disclose_me", false)) {
        details.append("publisher", event.origin);
        details.append("publisher_authid", event.authid);
        details.append("publisher_authrole", event.authrole);
    }
    wamp::Dict entry{{"timestamp", wamp::to_rfc3339(time.at(event.at))},
                     {"subscription", subscription.id},
                     {"publication", event.publication},
                     {"details", std::move(details)}};
    const wamp::Payload payload = event.payload.view();
    if (auto args = wamp::args_of(payload); args && !args->empty())
        entry.append("args", *std::move(args));
    if (auto kwargs = wamp::kwargs_of(payload); kwargs && !kwargs->empty())
        entry.append("kwargs", *std::move(kwargs));
    return entry;
}

}  // namespace

std::string_view Inside::read_history(const policy::Session& session, const wamp::Call& call,
                                      const wamp::Origin& reader, wamp::Instant now,
                                      wamp::List& events) {
    const auto args = wamp::args_of(call.payload);
    const auto kwargs = wamp::kwargs_of(call.payload);
    const auto query = args && kwargs ? HistoryQuery::read(*args, *kwargs) : std::nullopt;
    if (!query) return uris::invalid_argument;
    wamp::Realm& realm = realm_of(session);
    const auto subscription = realm.subscription(query->subscription(), session.id);
    if (!subscription) return uris::no_such_subscription;
    const bool is_link = link_of(session.id) != nullptr;
    // A gateway reads what it has subscribed to, and has decided for its client. Anybody else may
    // read what he may subscribe to; of other subscriptions he learns nothing (decision 0002).
    const bool allowed =
        subscription->session == session.id ||
        (!is_link && std::holds_alternative<policy::Permit>(policy::Judge::would_decide(
                         *session.policy, session,
                         {Action::subscribe, subscription->uri, subscription->match})));
    if (!allowed) return uris::no_such_subscription;
    wamp::History& history = realm.history();
    if (!history.covers(subscription->uri, subscription->match)) return uris::history_unavailable;
    auto kept =
        history.read(subscription->uri, subscription->match, reader.authid, reader.authrole, now);
    if (subscription->match != wamp::MatchPolicy::exact) {
        std::erase_if(kept, [&](const wamp::History::Event* event) {
            return !gate_.judge().may_deliver(session, event->topic);
        });
    }
    const auto selected = query->select(kept, gate_.civil_time());
    if (!selected) return uris::invalid_argument;
    std::size_t bytes = 0;
    for (const wamp::History::Event* event : *selected) bytes += event->bytes;
    if (bytes > history_answer_bytes_max) return uris::payload_size_exceeded;
    const bool names = session.features.has(wamp::Feature::subscriber_publisher_identification);
    for (const wamp::History::Event* event : *selected)
        events.emplace_back(entry_of(*event, *subscription, gate_.civil_time(), names));
    return {};
}

void Inside::answer_history(const policy::Session& session, const wamp::Call& call,
                            const wamp::Origin& reader, wamp::Instant now, wamp::Outbox& out) {
    wamp::List events;
    const std::string_view error = read_history(session, call, reader, now, events);
    wamp::OwnedPayload payload;
    if (error.empty()) {
        wamp::List result;
        result.emplace_back(std::move(events));
        payload = wamp::make_payload(wamp::Serializer::msgpack, result);
        deliveries_.add_for(session.id, reader.session,
                            wamp::CallResult{call.request, {}, payload.view()});
    } else {
        deliveries_.add_for(
            session.id, reader.session,
            wamp::Error{wamp::MessageType::call, call.request, {}, std::string(error), {}});
    }
    flush(realm_of(session), now, out);
}

}  // namespace sallyport::backend_link
