#pragma once

#include <algorithm>
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
#include "policy/door/denial_pace.h"
#include "policy/door/door_event.h"
#include "policy/door/door_snapshot.h"
#include "policy/door/door_state.h"
#include "policy/door/join_pace.h"
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

/// One of the two doors: receives the messages of clients, manages their sessions, authenticates
/// them, and issues a Permit for each request or answers it with the required error. The gateway's
/// front and the inside each consist of a door and a backend or router behind it. Guarantees: no
/// message is passed on without a Permit, except follow-ups of a permitted one (CANCEL,
/// UNSUBSCRIBE, UNREGISTER, YIELD, ERROR); a client gets the specification's error and no details.
///
/// A peer that joined as a *link* is trusted to convey principals (W-R2R-04): its requests are
/// decided for the principal in `forward_for`, or for the role "gateway" if there is none.
///
/// Its parts share one DoorState: Joining, AuthCalls, Judge with its Recorder, and Delivery.
class Door {
public:
    using Request = door_event::Request;
    using Followup = door_event::Followup;
    using Left = door_event::Left;
    using Joined = door_event::Joined;
    using Event = DoorEvent;
    using Undelivered = Delivery::Undelivered;
    using Trust = policy::Trust;

    /// `roles` is announced in WELCOME: exactly the features that work end to end (W-FEA-01).
    Door(std::vector<DoorRealm> realms, DoorLimits limits, wamp::Random random,
         wamp::Dict roles = wamp::router_roles());
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

    /// Replaces the roles that are announced to sessions that join from now on.
    void announce(wamp::Dict roles) { state_.roles = std::move(roles); }

    /// A transport was opened. Beyond peers_max it is closed. Its circuit may have joined too often
    /// of late: see take_paused().
    void on_open(wamp::PeerId peer, const Transport& transport, Trust trust, wamp::Instant now,
                 wamp::Outbox& out);
    /// One message. The returned event borrows from `bytes`.
    Event on_message(wamp::PeerId peer, std::string_view bytes, wamp::Instant now,
                     wamp::Outbox& out);
    /// The next event that follows from an input: the owner calls it after each input until it
    /// returns nothing. These are the door's own calls to the procedure of [auth.dynamic] and the
    /// effects of their answers.
    Event next(wamp::Instant now, wamp::Outbox& out);
    /// Whether next() would do nothing, as after most messages.
    bool is_quiet() const noexcept { return auth_calls_.is_quiet() && delivery_.is_quiet(); }
    /// The answer to an Ask effect of this door.
    Event on_auth_answer(std::string_view packet, wamp::Instant now, wamp::Outbox& out);
    /// There will be no answer to what was asked. Peers that wait for one are refused for now.
    void on_authenticator_lost(wamp::Instant now, wamp::Outbox& out);
    /// The transport was closed. Returns Left or nothing.
    Event on_closed(wamp::PeerId peer, std::string_view why);
    void forget(wamp::SessionId session) noexcept;

    void on_deadline(wamp::Instant now, wamp::Outbox& out);
    wamp::Instant deadline() const noexcept {
        return std::min({state_.peers.deadline(), pace_.deadline(), join_pace_.deadline(),
                         delivery_.deadline(), state_.judge.recorder().deadline()});
    }
    /// Whether the peer that was opened last, or of the last message, is not to be read until
    /// effect::Resume, because it is denied too much or its circuit joins too often; once.
    bool take_paused() noexcept {
        const bool denied = pace_.take_paused();
        return join_pace_.take_paused() || denied;
    }

    /// Sends the messages of a machine behind the door. An INVOCATION that cannot be sent is
    /// appended to `undelivered`.
    void deliver(const wamp::Deliveries& deliveries, std::vector<Undelivered>& undelivered,
                 wamp::Instant now, wamp::Outbox& out) {
        delivery_.deliver(deliveries, undelivered, now, out);
    }
    /// As Delivery::redeliver().
    void redeliver(const Session& session, wamp::SubscriptionId subscription,
                   wamp::RequestId waiting, std::string_view topic, const Decision& decision,
                   wamp::Outbox& out) {
        delivery_.redeliver(session, subscription, waiting, topic, decision, out);
    }
    /// Removes and returns the sessions whose transport has become full.
    std::vector<wamp::SessionId> take_full() noexcept { return delivery_.take_full(); }
    /// As Delivery::take_overruns().
    std::vector<Delivery::Overrun> take_overruns() noexcept { return delivery_.take_overruns(); }
    /// The transport of a peer has written all but so many bytes. Returns its session if it was
    /// full and has room again, null otherwise.
    Session* on_written(wamp::PeerId peer, std::size_t unsent, wamp::Instant now,
                        wamp::Outbox& out) {
        Peer* const written = state_.peers.find(peer);
        if (written == nullptr || !delivery_.on_written(*written, unsent, now, out)) return nullptr;
        return written->session;
    }
    /// Answers a request with an error without details.
    void refuse(const Session& session, wamp::MessageType type, wamp::RequestId request,
                std::string_view uri, wamp::Outbox& out) {
        delivery_.refuse(session, type, request, uri, out);
    }

    /// Whether the session may publish that, decided as its own PUBLISH with `acknowledge` but
    /// without rates: "" or the required error, which is then recorded. For publications that are
    /// made later.
    std::string_view may_publish(const Session& session, wamp::Publish publication);
    /// A publication that the session stored for later, decided as its own PUBLISH would be now;
    /// nothing if it is denied.
    std::optional<Request> publish(Session& session, wamp::Publish&& publication,
                                   wamp::Instant now);

    /// Ends the session: sends GOODBYE with `reason`, and with `message` if it is not empty and the
    /// peer accepts so much. The caller has disposed of it, and calls forget().
    void dismiss(wamp::SessionId session, std::string_view reason, wamp::Instant now,
                 wamp::Outbox& out, std::string_view message = {});
    /// Ends all connections without a session with ABORT `system_shutdown`, so that no further
    /// session joins.
    void turn_away(wamp::Outbox& out);

    Sessions& sessions() noexcept { return state_.sessions; }
    const Sessions& sessions() const noexcept { return state_.sessions; }
    Judge& judge() noexcept { return state_.judge; }
    const Judge& judge() const noexcept { return state_.judge; }
    bool has_peer(wamp::PeerId peer) const noexcept { return state_.peers.has(peer); }
    /// Whether it is a link that carries payloads (W-GWY-13).
    bool carries_payloads(wamp::PeerId id) noexcept {
        const Peer* const peer = state_.peers.find(id);
        return peer != nullptr && peer->carried != nullptr;
    }
    /// Sends what is no message of a session: the part of one.
    void send(wamp::PeerId id, wamp::Frame&& frame, wamp::Outbox& out) {
        Peer* const peer = state_.peers.find(id);
        if (peer != nullptr) delivery_.send(*peer, std::move(frame), out);
    }
    /// Bytes that the peer's transport has not written, approximately; 0 if there is none.
    std::size_t unsent(wamp::PeerId id) noexcept {
        const Peer* const peer = state_.peers.find(id);
        return peer == nullptr ? 0 : peer->unsent;
    }
    std::size_t peers() const noexcept { return state_.peers.size(); }
    /// Null if the peer has none.
    const Session* session_of(wamp::PeerId id) const noexcept {
        const Peer* const peer = state_.peers.find(id);
        return peer == nullptr ? nullptr : peer->session;
    }
    /// The sessions with a connection.
    template <class Visit>
    void for_each_session(Visit&& visit) const {
        state_.peers.for_each([&](const Peer& peer) {
            if (peer.session != nullptr) visit(std::as_const(*peer.session));
        });
    }
    const JoinPace& join_pace() const noexcept { return join_pace_; }
    const Joining& joining() const noexcept { return joining_; }
    /// Sessions other than the door's own.
    std::size_t joined() const noexcept { return state_.sessions.size() - auth_calls_.sessions(); }
    /// Open calls to the procedures of [auth.dynamic].
    std::size_t auth_calls() const noexcept { return auth_calls_.open(); }
    std::vector<wamp::SessionId> session_ids() const { return state_.peers.sessions(); }

    /// A session that a change of policy ends, and the reason for its GOODBYE.
    struct Ended {
        wamp::SessionId session;
        std::string_view reason;
    };
    /// The sessions that `realms` would end, by id: those whose realm is removed, whose principal
    /// is no longer admitted, or whose role differs from the one in WELCOME.
    std::vector<Ended> ended_by(std::span<const DoorRealm> realms) const;
    /// The door's own sessions in realms that `realms` does not contain; they end without a
    /// message.
    std::vector<wamp::SessionId> own_sessions_ended_by(std::span<const DoorRealm> realms) const {
        return auth_calls_.sessions_ended_by(realms);
    }
    /// Activates these realms (architecture: Policy 10), also for existing sessions. The owner has
    /// disposed of and forgotten the sessions that ended_by() and own_sessions_ended_by() return,
    /// and has the judge decide again on the subscriptions and registrations of the others. Peers
    /// that are joining continue, and are admitted only if both the old and the new version admit
    /// them.
    void reload(std::vector<DoorRealm> realms, wamp::Outbox& out);

    /// What has been decided in a realm since the start; null if there is none of that name.
    const RealmCounts* counts(std::string_view realm) const noexcept;
    /// Copies what is counted here.
    DoorSnapshot snapshot() const;

    /// Completes the audit records, before the owner takes them for the last time.
    void end_audit() { state_.recorder().end_sums(); }
    /// The audit records; the owner empties them.
    AuditTrail& audit() noexcept { return state_.judge.recorder().trail(); }
    const AuditTrail& audit() const noexcept { return state_.judge.recorder().trail(); }
    std::uint64_t undeliverable_events() const noexcept { return delivery_.undeliverable_events(); }
    std::uint64_t overrun() const noexcept { return delivery_.overrun(); }
    const RealmPolicy* realm(std::string_view name) const noexcept;
    std::vector<std::string_view> realm_names() const { return state_.realms.names(); }

private:
    using Verdict = wamp::ServerSession::Verdict;

    Event act(Peer& peer, Verdict verdict, wamp::Message&& message, wamp::Instant now,
              wamp::Outbox& out);
    Event dispatch(Peer& peer, wamp::Message&& message, wamp::Instant now, wamp::Outbox& out);
    Event proceed(Peer& peer, wamp::Call&& further, wamp::Instant now);
    template <class Message>
    Event judge_request(Peer& peer, Message&& request, wamp::Instant now, wamp::Outbox& out);
    Event abort(Peer& peer, std::string_view reason, wamp::Outbox& out);
    /// The peer sent what is not a message.
    Event violate(Peer& peer, wamp::DecodeError error, wamp::Outbox& out);

    DoorState state_;
    AuthCalls auth_calls_;
    Joining joining_;
    Delivery delivery_;
    DenialPace pace_;
    JoinPace join_pace_;
};

}  // namespace sallyport::policy
