#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "policy/audit/audit.h"
#include "policy/door/judge.h"
#include "policy/door/peers.h"
#include "policy/door/realms.h"
#include "policy/door/sessions.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/base/value.h"
#include "wamp/codec/codec.h"
#include "wamp/session/features.h"
#include "wamp/session/server_session.h"

namespace sallyport::policy {

/// The memory of a subscription or registration with a long name, the meta API's copies of it
/// included, and of an open call, in bytes. They are estimates, for the status and the budget.
inline constexpr std::size_t entry_bytes = 5'600;
inline constexpr std::size_t call_bytes = 1'024;

/// The limits of one door.
struct DoorLimits {
    std::size_t peers_max = 10'000;
    /// Anonymous sessions; the other places are for those who log in.
    std::size_t guests_max = 9'000;
    std::size_t denials_per_s = 100;  ///< of one connection, before it is slowed down
    /// Of one circuit, at least 1; SIZE_MAX: no limit. The next ones wait for their turn.
    std::size_t joins_per_s = SIZE_MAX;
    /// Transport open to WELCOME (W-SES-12).
    wamp::Duration join_timeout = std::chrono::seconds(10);
    /// Tickets that are checked at the same time; further ones are refused.
    std::size_t checks_max = 128;
    wamp::Duration leave_timeout = std::chrono::seconds(2);  ///< from our GOODBYE to the reply
    AuditTrail::Level audit = AuditTrail::Level::nothing;
    std::size_t audit_lines_per_s = SIZE_MAX;  ///< of one session: AuditSums
    wamp::MessageLimits message;
    wamp::IdRule request_ids = wamp::IdRule::strict;  ///< of clients; those of a link are strict
    /// A session whose transport has so much unwritten has no room for further invocations.
    std::size_t window_bytes = 64u << 10;
    /// With so much its callers are refused with `unavailable`.
    std::size_t callee_bytes_max = 2u << 20;
    /// With so much, a subscription or a call with progressive results ends if its session has not
    /// caught up for `slow_after`.
    std::size_t session_bytes_max = 4u << 20;
    wamp::Duration slow_after = std::chrono::seconds(2);
    /// A session gets events of subscriptions with deliver = "latest" while less than so much is
    /// unwritten: with the small buffer of the kernel (effect::SmallBuffer) and one small event it
    /// is read in a second at 20 kB/s.
    std::size_t latest_window_bytes = 4u << 10;
    /// So much of them waits for one session.
    std::size_t latest_bytes_max = 4u << 20;
};

/// The state that the parts of a door share.
struct DoorState {
    DoorState(std::vector<DoorRealm> open, DoorLimits bounds, const wamp::Random& source,
              wamp::Dict announced)
        : limits(bounds),
          random(source),
          roles(std::move(announced)),
          passthru(wamp::read_features({{"roles", roles}})
                       .has(wamp::Feature::dealer_payload_passthru_mode)),
          streams(wamp::read_features({{"roles", roles}})
                      .has(wamp::Feature::dealer_progressive_call_invocations)),
          judge(limits.audit, random, limits.audit_lines_per_s, limits.latest_bytes_max),
          realms(std::move(open)) {}

    Recorder& recorder() noexcept { return judge.recorder(); }
    /// An unused session id.
    wamp::SessionId unused_session_id() {
        for (;;) {
            const wamp::SessionId id = random.global_id();
            if (!sessions.has(id)) return id;
        }
    }

    DoorLimits limits;
    wamp::Random random;
    wamp::Dict roles;  ///< announced in WELCOME
    bool passthru;     ///< they announce payload_passthru_mode
    bool streams;      ///< they announce progressive_call_invocations
    Judge judge;
    Realms realms;
    Sessions sessions;
    Peers peers;
};

}  // namespace sallyport::policy
