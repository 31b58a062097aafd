#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "policy/auth/auth_message.h"
#include "policy/auth/join_failures.h"
#include "policy/door/auth_calls.h"
#include "policy/door/door_event.h"
#include "policy/door/door_state.h"
#include "policy/door/ticket_checks.h"
#include "wamp/base/instant.h"
#include "wamp/message/message.h"
#include "wamp/session/outbox.h"

namespace sallyport::policy {

/// Turns a peer of a door into a session: HELLO, challenge and answer, the procedure of
/// [auth.dynamic], WELCOME or ABORT. It knows no secret: the authenticator is asked, and who waits
/// for it in vain is refused when the time to join is over. A client that fails gets the
/// specification's error and no details.
class Joining {
public:
    Joining(DoorState& state, AuthCalls& auth_calls);

    DoorEvent on_hello(Peer& peer, const wamp::Hello& hello, wamp::Instant now, wamp::Outbox& out);
    DoorEvent on_authenticate(Peer& peer, const wamp::Authenticate& message, wamp::Instant now,
                              wamp::Outbox& out);
    /// The answer to an Ask effect. One that nobody waits for, as the peer has left, is dropped.
    DoorEvent on_auth_answer(std::string_view packet, wamp::Instant now, wamp::Outbox& out);
    void on_authenticator_lost(wamp::Instant now, wamp::Outbox& out);
    /// The procedure of [auth.dynamic] has answered.
    DoorEvent on_procedure_answer(AuthCalls::Answer&& answer, wamp::Outbox& out);

    /// ABORTs a peer that has no session. `why` is for the audit log.
    void refuse(Peer& peer, std::string_view reason, wamp::Outbox& out, std::string_view why = {});

    const JoinFailures& failures() const noexcept { return failures_; }
    /// Attempts that were refused because their circuit or address had to wait, in total.
    std::uint64_t refused_waiting() const noexcept { return refused_waiting_; }
    const TicketChecks& checks() const noexcept { return order_; }

private:
    /// Once in so long it is logged that circuits have to wait.
    static constexpr wamp::Duration note_interval = std::chrono::seconds(10);

    /// A check of a ticket whose answer has not come after so long does not delay others.
    static constexpr wamp::Duration check_patience = std::chrono::seconds(15);

    /// A check of a ticket that waits for its turn or for the answer.
    struct Check {
        wamp::PeerId peer = wamp::no_peer;
        AttemptId attempt = 0;
        Proof proof;
        wamp::Instant gives_up = wamp::never;  ///< once it is asked
    };
    /// Who joins, and how.
    struct Admission {
        Principal principal;
        std::string_view provider = "static";
        wamp::Dict extra = {};
    };

    using Question = decltype(AuthQuestion::body);
    void ask(Peer& peer, Question question, wamp::Outbox& out);
    void check(Peer& peer, AttemptId attempt, Proof&& proof, wamp::Instant now, wamp::Outbox& out);
    void start_checks(wamp::Instant now, wamp::Outbox& out);
    DoorEvent act_on(AuthAnswer&& answer, wamp::Instant now, wamp::Outbox& out);
    void challenge(Peer& peer, auth_answer::Challenge&& challenge, wamp::Outbox& out);
    void call(Peer& peer, const auth_answer::Call& call, wamp::Instant now, wamp::Outbox& out);
    /// The peer that waits for the answer; null if it has left, or asks something else.
    Peer* peer_of(wamp::PeerId peer, std::uint64_t question) const noexcept;
    void fail(Peer& peer, std::string_view why, wamp::Instant now, wamp::Outbox& out);
    DoorEvent welcome(Peer& peer, Admission&& admission, wamp::Outbox& out);
    /// Refuses the peer if its circuit or address has to wait; whether it did.
    bool refuse_waiting(Peer& peer, wamp::Instant now, wamp::Outbox& out);
    void note_wait(const Peer& peer, wamp::Duration wait, wamp::Instant now, wamp::Outbox& out);
    /// Whether the current version of the realm that the peer requested admits the principal.
    bool still_admits(Peer& peer, const Principal& principal, bool dynamic) const;

    DoorState& state_;
    AuthCalls& auth_calls_;
    JoinFailures failures_;
    std::map<std::uint64_t, Check> checks_;  ///< by question
    TicketChecks order_;                     ///< of checks_
    std::uint64_t last_question_ = 0;
    std::uint64_t refused_waiting_ = 0;
    wamp::Instant next_note_{};
};

}  // namespace sallyport::policy
