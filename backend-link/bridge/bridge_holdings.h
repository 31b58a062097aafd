#pragma once

#include <string>
#include <string_view>

#include "backend-link/bridge/rewriting.h"
#include "policy/engine/question.h"
#include "wamp/base/ids.h"
#include "wamp/base/uri.h"

namespace sallyport::backend_link {

/// What a front session holds at a bridge by a permit that it once had: a subscription or a
/// registration, or the request for one that is not answered yet. A policy that changes judges it
/// again (architecture: Policy 10).
struct Holding {
    wamp::SessionId session = 0;
    bool registration = false;
    wamp::Id id = 0;              ///< towards the front
    wamp::RequestId waiting = 0;  ///< the request that is not answered yet; 0: it is held
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    bool demands_callers = false;  ///< of a registration
    bool wants_retained = false;   ///< of a request for a subscription that is not answered yet
    std::string uri;               ///< as the session calls it
    Rewriting rewriting;

    /// What the session would ask the policy for it.
    policy::Question question() const noexcept {
        return {registration ? policy::Action::register_ : policy::Action::subscribe, uri, match};
    }
};

struct BridgeOutbox;
struct LinkSide;

/// Tells the session that it has lost what it held, if it announced to understand that; or answers
/// its request with `reason`.
void notify_lost(const Holding& holding, std::string_view reason, const LinkSide& link,
                 BridgeOutbox& out);

}  // namespace sallyport::backend_link
