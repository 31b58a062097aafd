#pragma once

#include <string>
#include <string_view>

#include "backend-link/bridge/rewriting.h"
#include "policy/engine/question.h"
#include "wamp/base/ids.h"
#include "wamp/base/uri.h"

namespace sallyport::backend_link {

/// A subscription or registration of a front session at a bridge, or an unanswered request for one.
/// When the policy changes, it is decided again (architecture: Policy 10).
struct Holding {
    wamp::SessionId session = 0;
    bool registration = false;
    wamp::Id id = 0;              ///< towards the front
    wamp::RequestId waiting = 0;  ///< the unanswered request; 0 if there is none
    wamp::MatchPolicy match = wamp::MatchPolicy::exact;
    bool demands_callers = false;  ///< of a registration
    bool forward_timeout = false;  ///< of a registration
    std::string invoke{};          ///< of a shared registration; "" if it is not shared
    bool wants_retained = false;   ///< of an unanswered SUBSCRIBE
    wamp::RequestId left_by = 0;   ///< the UNSUBSCRIBE that follows that; 0 if there is none
    wamp::SessionId by = 0;        ///< who gives it up; 0: nobody, as for a revocation
    std::string uri;               ///< as the session names it
    Rewriting rewriting;

    /// The question that the policy has to decide for it.
    policy::Question question() const noexcept {
        return {registration ? policy::Action::register_ : policy::Action::subscribe, uri, match};
    }
};

struct BridgeOutbox;
struct LinkSide;

/// Notifies the session that the holding is lost, if it announced support for revocation; or
/// answers its request with `reason`.
void notify_lost(const Holding& holding, std::string_view reason, const LinkSide& link,
                 BridgeOutbox& out);

}  // namespace sallyport::backend_link
