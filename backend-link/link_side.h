#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "backend-link/bridge.h"
#include "backend-link/profile.h"
#include "policy/sessions.h"
#include "wamp/base/random.h"
#include "wamp/message/message.h"
#include "wamp/session/features.h"

namespace sallyport::backend_link {

/// What all parts of a bridge share: the session on the link with its numbering, and the sessions
/// in front.
struct LinkSide {
    Profile profile;
    policy::Sessions& sessions;
    wamp::Random random;
    wamp::Features router;
    bool up = false;
    wamp::RequestId last_request = 0;

    wamp::RequestId next_request() noexcept { return last_request = wamp::next_id(last_request); }
    bool cancels() const noexcept {
        return profile.cancels && router.has(wamp::Feature::dealer_call_canceling);
    }
};

inline wamp::Error error_for(wamp::MessageType type, wamp::RequestId request, std::string_view uri,
                             wamp::Payload payload = {}) {
    return {type, request, {}, std::string(uri), payload};
}

/// The identity of a front session as a trusted link conveys it: the oldest element first, and
/// there is one (W-R2R-01).
inline wamp::Value forward_for(const policy::Session& session) {
    wamp::Dict origin;
    origin.append("session", session.id);
    origin.append("authid", session.principal.authid);
    origin.append("authrole", session.principal.role);
    wamp::List chain;
    chain.emplace_back(std::move(origin));
    return chain;
}

/// SUBSCRIBE.Options.match and REGISTER.Options.match, whose values were checked at decoding.
inline wamp::MatchPolicy match_of(const wamp::Dict& options) noexcept {
    const std::string_view name = options.get_string("match");
    if (name == "prefix") return wamp::MatchPolicy::prefix;
    if (name == "wildcard") return wamp::MatchPolicy::wildcard;
    return wamp::MatchPolicy::exact;
}

inline wamp::Dict match_options(wamp::MatchPolicy match) {
    wamp::Dict options;
    if (match != wamp::MatchPolicy::exact) options.append("match", wamp::to_string(match));
    return options;
}

}  // namespace sallyport::backend_link
