#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "policy/auth/authenticator.h"
#include "policy/auth/join_failures.h"
#include "policy/crypto/hash.h"
#include "policy/door/auth_calls.h"
#include "policy/door/door_event.h"
#include "policy/door/door_state.h"
#include "policy/door/ticket_checks.h"
#include "wamp/base/instant.h"
#include "wamp/message/message.h"
#include "wamp/session/outbox.h"

namespace sallyport::policy {

/// Turns a peer of a door into a session: HELLO, challenge and answer, the check of a ticket, the
/// procedure of [auth.dynamic], WELCOME or ABORT. A client that fails gets the specification's
/// error and no details.
class Joining {
public:
    Joining(DoorState& state, AuthCalls& auth_calls);

    DoorEvent on_hello(Peer& peer, const wamp::Hello& hello, wamp::Instant now, wamp::Outbox& out);
    DoorEvent on_authenticate(Peer& peer, const wamp::Authenticate& message, wamp::Instant now,
                              wamp::Outbox& out);
    /// The result of a Work effect.
    DoorEvent on_work_done(std::uint64_t work, bool result, wamp::Instant now, wamp::Outbox& out);
    /// The procedure of [auth.dynamic] has answered.
    DoorEvent on_answer(AuthCalls::Answer&& answer, wamp::Instant now, wamp::Outbox& out);

    /// ABORTs a peer that has no session. `why` is for the audit log.
    void refuse(Peer& peer, std::string_view reason, wamp::Outbox& out, std::string_view why = {});

    const JoinFailures& failures() const noexcept { return failures_; }
    /// Attempts that were refused because their circuit or address had to wait, in total.
    std::uint64_t refused_waiting() const noexcept { return refused_waiting_; }
    const TicketChecks& checks() const noexcept { return order_; }

private:
    /// Once in so long it is logged that circuits have to wait.
    static constexpr wamp::Duration note_interval = std::chrono::seconds(10);

    /// A check of a ticket that waits or is running.
    struct Check {
        wamp::PeerId peer = wamp::no_peer;
        std::shared_ptr<const Authenticator> authenticator;
        Authenticator::DeferredCheck deferred;
    };

    DoorEvent follow(Peer& peer, Authenticator::Step&& step, wamp::Instant now, wamp::Outbox& out);
    void challenge(Peer& peer, Authenticator::Challenged&& challenge, wamp::Outbox& out);
    void check(Peer& peer, Authenticator::DeferredCheck&& deferred, wamp::Instant now,
               wamp::Outbox& out);
    void start_checks(wamp::Instant now, wamp::Outbox& out);
    DoorEvent finish(Check&& check, std::uint64_t work, bool result, wamp::Instant now,
                     wamp::Outbox& out);
    /// The peer that waits for the check; null if it has left, or started another attempt.
    Peer* peer_of(const Check& check, std::uint64_t work) const noexcept;
    void fail(Peer& peer, const Authenticator::Refused& refused, wamp::Instant now,
              wamp::Outbox& out);
    DoorEvent welcome(Peer& peer, Authenticator::Admitted&& admitted, wamp::Outbox& out);
    /// Refuses the peer if its circuit or address has to wait; whether it did.
    bool refuse_waiting(Peer& peer, wamp::Instant now, wamp::Outbox& out);
    void note_wait(const Peer& peer, wamp::Duration wait, wamp::Instant now, wamp::Outbox& out);
    /// Whether the current version of the realm that the peer requested admits the principal.
    bool still_admits(Peer& peer, const Principal& principal, bool dynamic) const;
    Authenticator::Arrival arrival(const Peer& peer) noexcept {
        return {peer.join.session, state_.random, decoy_key_};
    }

    DoorState& state_;
    AuthCalls& auth_calls_;
    JoinFailures failures_;
    crypto::Digest decoy_key_{};  ///< of this process
    std::map<std::uint64_t, Check> checks_;
    TicketChecks order_;  ///< of checks_
    std::uint64_t last_work_ = 0;
    std::uint64_t refused_waiting_ = 0;
    wamp::Instant next_note_{};
};

}  // namespace sallyport::policy
