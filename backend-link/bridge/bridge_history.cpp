#include "backend-link/bridge/bridge_history.h"

#include <cstdint>
#include <string>
#include <utility>

#include "backend-link/bridge/bridge_subscriptions.h"
#include "wamp/codec/codec.h"
#include "wamp/message/history.h"
#include "wamp/message/passthru.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {

namespace uris = wamp::uris;
using wamp::Dict;
using wamp::Feature;
using wamp::List;
using wamp::Value;

wamp::Result<std::unique_ptr<HistoryCall>, std::string_view> HistoryCall::make(
    const LinkSide& link, const Subscriptions& subscriptions, wamp::SessionId reader,
    const wamp::Call& call) {
    auto args = wamp::args_of(call.payload);
    auto kwargs = wamp::kwargs_of(call.payload);
    const auto* const id = args && !args->empty() ? (*args)[0].get_if<std::uint64_t>() : nullptr;
    if (!args || id == nullptr || !kwargs) return uris::invalid_argument;
    const auto held = subscriptions.held(reader, *id);
    if (!held) return uris::no_such_subscription;
    if (!reads_history(link.profile)) return uris::history_unavailable;
    if (held->back == 0) return uris::unavailable;
    auto made = std::make_unique<HistoryCall>();
    made->front_ = *id;
    made->match_ = held->match;
    made->rewriting_ = *held->rewriting;
    (*args)[0] = held->back;
    if (Value* const topic = kwargs->find("topic"); topic != nullptr && !made->rewriting_.none()) {
        // A topic that is not of this route is that of no event.
        if (const auto* const text = topic->get_if<std::string>())
            *topic = made->rewriting_.inside(*text).value_or("");
    }
    made->question_ = wamp::make_payload(link.wire.serializer.value_or(wamp::Serializer::msgpack),
                                         *args, *kwargs);
    return made;
}

std::optional<Value> HistoryCall::entry_for(const policy::Session& reader, Dict&& entry,
                                            const LinkSide& link) const {
    const Dict none;
    const Dict* const told = entry.get_dict("details");
    const Dict& from = told == nullptr ? none : *told;
    if (wamp::is_passthru(from) &&
        !reader.features.has(Feature::subscriber_payload_passthru_mode)) {
        return std::nullopt;  // as with an event (W-PPT-04)
    }
    Dict details;
    if (match_ != wamp::MatchPolicy::exact) {
        std::string topic(from.get_string("topic"));
        if (!rewriting_.none()) {
            auto named = rewriting_.outside(topic);
            if (!named) return std::nullopt;
            topic = *std::move(named);
        }
        if (!link.judge.may_deliver(reader, topic)) return std::nullopt;
        details.append("topic", std::move(topic));
    }
    wamp::append_passthru(details, from);
    if (reader.features.has(Feature::subscriber_publisher_identification)) {
        if (const auto publisher = link.conveyed(from, "publisher"))
            append_identity(details, "publisher", *publisher);
    }
    Dict kept{{"timestamp", entry.get_string("timestamp")},
              {"subscription", front_},
              {"publication", entry.get_uint("publication", 0)},
              {"details", std::move(details)}};
    for (const char* key : {"args", "kwargs"}) {
        if (Value* const value = entry.find(key)) kept.append(key, std::move(*value));
    }
    return Value(std::move(kept));
}

std::optional<wamp::OwnedPayload> HistoryCall::answer(const wamp::Payload& result,
                                                      const policy::Session& reader,
                                                      const LinkSide& link) const {
    auto args = wamp::args_of(result);
    List* const entries = args && args->size() == 1 ? (*args)[0].get_if<List>() : nullptr;
    if (entries == nullptr) return std::nullopt;
    List kept;
    for (Value& entry : *entries) {
        Dict* const dict = entry.get_if<Dict>();
        if (dict == nullptr) return std::nullopt;
        if (auto seen = entry_for(reader, std::move(*dict), link)) kept.push_back(*std::move(seen));
    }
    List answer;
    answer.emplace_back(std::move(kept));
    return wamp::make_payload(result.serializer, answer);
}

}  // namespace sallyport::backend_link
