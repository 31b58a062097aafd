#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/audit/audit.h"
#include "policy/door/auth_calls.h"
#include "policy/door/delivery.h"
#include "policy/door/door_event.h"
#include "policy/door/door_state.h"
#include "policy/door/joining.h"
#include "policy/door/judge.h"
#include "policy/door/peers.h"
#include "policy/door/realms.h"
#include "policy/door/sessions.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/message/deliveries.h"
#include "wamp/session/outbox.h"
#include "wamp/session/server_session.h"

namespace sallyport::policy {

/// A door of the gate: takes what clients send, keeps their sessions, lets the right people in, and
/// gives a Permit for each request or answers it with the error that is due. The gateway's front
/// and the inside are each a door with something behind it. Promises: nothing is handed on without
/// a Permit, except what refers back to something that had one (CANCEL, UNSUBSCRIBE, UNREGISTER,
/// YIELD, ERROR); a stranger gets the standard's error and no detail.
///
/// A peer that joined as a *link* is trusted to convey principals (W-R2R-04): its requests are
/// decided for the principal in `forward_for`, or for the role "gateway" where there is none.
///
/// Its parts work on one DoorState: Joining, AuthCalls, Judge with its Recorder, and Delivery.
class Door {
public:
    using Request = door_event::Request;
    using Followup = door_event::Followup;
    using Left = door_event::Left;
    using Joined = door_event::Joined;
    using Event = DoorEvent;
    using Undelivered = Delivery::Undelivered;
    using Trust = policy::Trust;

    /// `roles` is what WELCOME announces: exactly what works through what is behind the door
    /// (W-FEA-01).
    Door(std::vector<DoorRealm> realms, DoorLimits limits, wamp::Random random,
         wamp::Dict roles = wamp::router_roles());
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

    /// Announces these roles instead, to those who join from now on.
    void announce(wamp::Dict roles) { state_.roles = std::move(roles); }

    /// A transport is open. Refused with Close beyond peers_max.
    void on_open(wamp::PeerId peer, const Transport& transport, Trust trust, wamp::Instant now,
                 wamp::Outbox& out);
    /// One message. What is returned borrows from `bytes`.
    Event on_message(wamp::PeerId peer, std::string_view bytes, wamp::Instant now,
                     wamp::Outbox& out);
    /// What has to be done next because of what went in: the owner calls it after each input until
    /// nothing comes. The door's own calls to the procedure of [auth.dynamic], and what their
    /// answers led to.
    Event next(wamp::Instant now, wamp::Outbox& out);
    /// What a Work effect of this door has returned.
    Event on_work_done(std::uint64_t work, bool result, wamp::Instant now, wamp::Outbox& out);
    /// The transport is gone. Left or nothing.
    Event on_closed(wamp::PeerId peer, std::string_view why);
    void forget(wamp::SessionId session) noexcept;

    void on_deadline(wamp::Instant now, wamp::Outbox& out);
    wamp::Instant deadline() const noexcept { return state_.peers.deadline(); }

    /// Sends what a machine behind the door wants delivered. An INVOCATION that cannot be sent is
    /// appended to `undelivered`.
    void deliver(const wamp::Deliveries& deliveries, std::vector<Undelivered>& undelivered,
                 wamp::Outbox& out) {
        delivery_.deliver(deliveries, undelivered, out);
    }
    /// Answers a request with an error and no detail.
    void refuse(const Session& session, wamp::MessageType type, wamp::RequestId request,
                std::string_view uri, wamp::Outbox& out) {
        delivery_.refuse(session, type, request, uri, out);
    }

    /// Whether the session may publish that, as its own PUBLISH with `acknowledge` would be judged
    /// but for rates: "" or the error that is due, which is on the record then. For what is to be
    /// published later.
    std::string_view may_publish(const Session& session, wamp::Publish publication);
    /// What the session left to be published, judged as its own PUBLISH would be now: nothing when
    /// it may not pass.
    std::optional<Request> publish(Session& session, wamp::Publish&& publication,
                                   wamp::Instant now);

    /// Ends the session from our side: GOODBYE with `reason`. The caller has disposed of it, and
    /// calls forget().
    void dismiss(wamp::SessionId session, std::string_view reason, wamp::Instant now,
                 wamp::Outbox& out);
    /// Ends all connections that have no session, so that nobody joins any more: ABORT
    /// `system_shutdown`.
    void turn_away(wamp::Outbox& out);

    Sessions& sessions() noexcept { return state_.sessions; }
    const Sessions& sessions() const noexcept { return state_.sessions; }
    Judge& judge() noexcept { return state_.judge; }
    const Judge& judge() const noexcept { return state_.judge; }
    bool has_peer(wamp::PeerId peer) const noexcept { return state_.peers.has(peer); }
    std::size_t peers() const noexcept { return state_.peers.size(); }
    /// Sessions of others than the door itself.
    std::size_t joined() const noexcept { return state_.sessions.size() - auth_calls_.sessions(); }
    /// Open calls to the procedures of [auth.dynamic].
    std::size_t auth_calls() const noexcept { return auth_calls_.open(); }
    std::vector<wamp::SessionId> session_ids() const { return state_.peers.sessions(); }

    /// A session that does not outlive a change of policy, and the reason for its GOODBYE.
    struct Ended {
        wamp::SessionId session;
        std::string_view reason;
    };
    /// Which sessions `realms` would end, by id: those whose realm is gone, whose principal is
    /// admitted no longer, or has another role than WELCOME told.
    std::vector<Ended> ended_by(std::span<const DoorRealm> realms) const;
    /// The door's own sessions in realms that `realms` does not have; they end without a word.
    std::vector<wamp::SessionId> own_sessions_ended_by(std::span<const DoorRealm> realms) const {
        return auth_calls_.sessions_ended_by(realms);
    }
    /// From here on these realms decide (architecture: Policy 10), also for the sessions that are
    /// there. The owner has disposed of and forgotten those that ended_by() and
    /// own_sessions_ended_by() name, and has the judge judge again what the others hold. Whoever is
    /// about to join goes on, and is let in only by both the old version and the new one.
    void reload(std::vector<DoorRealm> realms, wamp::Outbox& out);

    /// How often each rule of a realm has decided since the start, by RuleIndex.
    std::span<const std::uint64_t> hits(std::string_view realm) const noexcept;

    /// What was decided, and about whom; the owner empties it.
    AuditTrail& audit() noexcept { return state_.judge.recorder().trail(); }
    const AuditTrail& audit() const noexcept { return state_.judge.recorder().trail(); }
    std::uint64_t undeliverable_events() const noexcept { return delivery_.undeliverable_events(); }
    const RealmPolicy* realm(std::string_view name) const noexcept;
    std::vector<std::string_view> realm_names() const { return state_.realms.names(); }

private:
    using Verdict = wamp::ServerSession::Verdict;

    Event act(Peer& peer, Verdict verdict, wamp::Message&& message, wamp::Instant now,
              wamp::Outbox& out);
    Event dispatch(Peer& peer, wamp::Message&& message, wamp::Instant now, wamp::Outbox& out);
    template <class Message>
    Event judge_request(Peer& peer, Message&& request, wamp::Instant now, wamp::Outbox& out);
    Event abort(Peer& peer, std::string_view reason, wamp::Outbox& out);

    DoorState state_;
    AuthCalls auth_calls_;
    Joining joining_;
    Delivery delivery_;
};

}  // namespace sallyport::policy
