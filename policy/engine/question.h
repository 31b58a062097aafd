#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "policy/engine/permit.h"
#include "wamp/base/ids.h"
#include "wamp/base/uri.h"
#include "wamp/message/match.h"
#include "wamp/message/message.h"
#include "wamp/message/passthru.h"

namespace sallyport::policy {

/// A role of one compiled policy, stored by sessions. Not valid for another policy.
enum class RoleIndex : std::uint32_t {};

/// The principal of a decision. Borrows.
struct Subject {
    RoleIndex role{};
    std::string_view authid = {};    ///< for ${authid}
    std::string_view authrole = {};  ///< for ${authrole}
    wamp::SessionId session = 0;     ///< the sender of the request; a permit is bound to it
};

/// The request that the policy decides on. Borrows.
struct Question {
    Action action = Action::call;
    std::string_view uri;  ///< valid, for `match` where action is subscribe or register
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    std::size_t payload_bytes = 0;
    const wamp::Payload* payload = nullptr;  ///< validated; null for none
    bool opaque = false;                     ///< the payload is end-to-end encrypted
    wamp::RequestId request = 0;             ///< its number, for records; 0 if it has none
};

/// The question that a request poses to the policy (W-PPT-01).
inline Question question_of(const wamp::Call& call) {
    return {Action::call,         call.procedure, wamp::MatchPolicy::exact,
            call.payload.bytes(), &call.payload,  wamp::is_passthru(call.options),
            call.request};
}
inline Question question_of(const wamp::Publish& publish) {
    return {Action::publish,         publish.topic,    wamp::MatchPolicy::exact,
            publish.payload.bytes(), &publish.payload, wamp::is_passthru(publish.options),
            publish.request};
}
inline Question question_of(const wamp::Subscribe& subscribe) {
    return {
        Action::subscribe, subscribe.topic, wamp::match_of(subscribe.options), 0, nullptr, false,
        subscribe.request};
}
inline Question question_of(const wamp::Register& request) {
    return {
        Action::register_, request.procedure, wamp::match_of(request.options), 0, nullptr, false,
        request.request};
}

}  // namespace sallyport::policy
