#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/door/door.h"
#include "policy/meta/link_meta.h"
#include "policy/meta/registry.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/base/timestamp.h"
#include "wamp/base/value.h"
#include "wamp/message/deliveries.h"
#include "wamp/message/holding_change.h"
#include "wamp/session/outbox.h"

namespace sallyport::policy {

/// A door with its meta API: everything that a front and an inside share. Its owner passes input to
/// it and acts on the steps that it returns:
///
///     for (auto step = gate.on_message(...); is_due(step); step = gate.next(now, out)) ...
///
/// Request and Followup are for the owner; Joined reports a new session; Left requests to dispose
/// of everything that a session has behind the gate, which then removes the session itself. Steps
/// are returned until monostate; each is processed before the next one is requested.
class Gate {
public:
    using Step = DoorEvent;

    /// `roles` are the features that work through the owner; those of the meta API are added. Forks
    /// `random`.
    Gate(std::vector<DoorRealm> realms, DoorLimits limits, const wamp::Random& door_random,
         wamp::Random& random, wamp::Dict roles);
    /// A link of the owner is up or down: sends the event to its subscribers in that realm.
    void publish_link(std::string_view realm, std::string_view link, bool up, wamp::Instant now,
                      wamp::Outbox& out) {
        meta_.publish(realm, up ? LinkMeta::on_up : LinkMeta::on_down, {link}, meta_out_);
        deliver_meta(now, out);
    }

    /// Closed at once while the gate is stopping. As Door::on_open().
    void on_open(wamp::PeerId peer, const Transport& transport, Trust trust, wamp::Instant now,
                 wamp::Outbox& out);
    Step on_message(wamp::PeerId peer, std::string_view bytes, wamp::Instant now,
                    wamp::Outbox& out);
    Step on_auth_answer(std::string_view packet, wamp::Instant now, wamp::Outbox& out);
    void on_authenticator_lost(wamp::Instant now, wamp::Outbox& out) {
        door_.on_authenticator_lost(now, out);
    }
    Step on_closed(wamp::PeerId peer, std::string_view why, wamp::Instant now, wamp::Outbox& out);
    Step on_deadline(wamp::Instant now, wamp::Outbox& out);
    Step next(wamp::Instant now, wamp::Outbox& out);
    wamp::Instant deadline() const noexcept { return door_.deadline(); }

    /// Sends the owner's messages. An INVOCATION that cannot be sent is appended to `undelivered`.
    void deliver(const wamp::Deliveries& deliveries, std::vector<Door::Undelivered>& undelivered,
                 wamp::Instant now, wamp::Outbox& out) {
        door_.deliver(deliveries, undelivered, now, out);
    }
    /// What is behind the gate has changed who holds subscriptions and registrations there; the
    /// sessions are not removed yet. Publishes the meta events of it, and empties the list.
    void note_holdings(wamp::HoldingChanges& changes, wamp::Instant now, wamp::Outbox& out) {
        if (!changes.empty()) tell_holdings(std::exchange(changes, {}), now, out);
    }
    /// The features that work through the owner, for sessions that join from now on.
    void announce(wamp::Dict roles) { door_.announce(meta_.announced(std::move(roles))); }
    /// The civil time, whenever the shell knows it better.
    void set_civil_time(const wamp::CivilTime& time) noexcept { civil_time_ = time; }
    const wamp::CivilTime& civil_time() const noexcept { return civil_time_; }
    /// After a reload, with the new decision on a subscription behind the gate: as that of Door.
    void redeliver(const Session& session, wamp::SubscriptionId subscription,
                   wamp::RequestId waiting, std::string_view topic, const Decision& decision,
                   wamp::Outbox& out) {
        door_.redeliver(session, subscription, waiting, topic, decision, out);
    }
    /// As those of Door.
    std::vector<wamp::SessionId> take_full() noexcept { return door_.take_full(); }
    bool take_paused() noexcept { return door_.take_paused(); }
    std::size_t unsent(wamp::PeerId peer) noexcept { return door_.unsent(peer); }
    bool carries_payloads(wamp::PeerId peer) noexcept { return door_.carries_payloads(peer); }
    void send(wamp::PeerId peer, wamp::Frame&& frame, wamp::Outbox& out) {
        door_.send(peer, std::move(frame), out);
    }
    std::vector<Delivery::Overrun> take_overruns() noexcept { return door_.take_overruns(); }
    Session* on_written(wamp::PeerId peer, std::size_t unsent, wamp::Instant now,
                        wamp::Outbox& out) {
        return door_.on_written(peer, unsent, now, out);
    }
    void refuse(const Session& session, wamp::MessageType type, wamp::RequestId request,
                std::string_view uri, wamp::Outbox& out) {
        door_.refuse(session, type, request, uri, out);
    }

    /// Begins a reload: the steps that follow end the sessions that `realms` does not admit.
    /// Returns their number, without the door's own sessions.
    std::size_t begin_reload(const std::vector<DoorRealm>& realms);
    /// Activates these realms, after those steps.
    void reload(std::vector<DoorRealm> realms, wamp::Instant now, wamp::Outbox& out);

    /// Begins to end the sessions of clients that `who` names, as wamp.session.kill does: the one
    /// with that id, or otherwise all with that authid, in `realm` or, if that is "", in any. The
    /// steps that follow end them. Returns their number. Links stay.
    std::size_t begin_kick(std::string_view realm, std::string_view who);

    /// Begins a shutdown: in the steps that follow all testaments are published, then all sessions
    /// end. No further session joins.
    void begin_stop();
    bool stopping() const noexcept { return stopping_; }
    /// Whether all peers have disconnected, which takes a few seconds.
    bool stopped() const noexcept { return stopping_ && door_.peers() == 0; }

    const Door& door() const noexcept { return door_; }
    Judge& judge() noexcept { return door_.judge(); }
    Sessions& sessions() noexcept { return door_.sessions(); }
    const Sessions& sessions() const noexcept { return door_.sessions(); }
    AuditTrail& audit() noexcept { return door_.audit(); }
    void end_audit() { door_.end_audit(); }
    const MetaRegistry& meta() const noexcept { return meta_; }
    /// The decisions and events of a gate for `sallyport status`.
    wamp::Dict decisions_status() const;
    wamp::Dict events_status() const;
    /// Joins that wait for their turn, and those that ever had to; failed attempts, and waits for
    /// them; tickets that wait to be checked.
    wamp::Dict joins_status() const;

private:
    /// How a session ends.
    enum class EndingKind : std::uint8_t {
        left,       ///< the peer left
        expelled,   ///< with a GOODBYE from us; on_leave is published if `publish_leave`
        stopped,    ///< at shutdown
        published,  ///< not ended yet: its testaments are published
    };
    struct Ending {
        wamp::SessionId session;
        EndingKind kind;
        std::string reason{};
        bool publishes = true;
        bool publish_leave = true;
        std::string message{};  ///< of that GOODBYE
    };

    /// Whether next() would do nothing, as after most messages.
    bool is_quiet() const noexcept {
        return !disposing_ && publications_.empty() && endings_.empty() && !turning_away_ &&
               door_.is_quiet();
    }
    /// The step itself if it is for the owner, otherwise the next one.
    Step forward(Step&& step, wamp::Instant now, wamp::Outbox& out);
    /// Whether the gate has processed it itself.
    bool consume(Step& step, wamp::Instant now, wamp::Outbox& out);
    void answer(const Door::Request& request, wamp::Instant now, wamp::Outbox& out);
    /// The next publication of an ending session, or its Left; nothing if no session ends.
    std::optional<Step> next_of_endings(wamp::Instant now);
    void finish_ending(wamp::Instant now, wamp::Outbox& out);
    void tell_holdings(wamp::HoldingChanges&& changes, wamp::Instant now, wamp::Outbox& out);
    void deliver_meta(wamp::Instant now, wamp::Outbox& out);

    Door door_;
    MetaRegistry meta_;
    wamp::CivilTime civil_time_;
    std::deque<Ending> endings_;
    std::deque<Door::Request> publications_;  ///< of the session that ends next
    std::optional<Ending> disposing_;         ///< the session whose Left was the last step
    wamp::Deliveries meta_out_;
    std::vector<Door::Undelivered> undelivered_;
    bool stopping_ = false;
    bool turning_away_ = false;
};

inline bool is_due(const Gate::Step& step) noexcept {
    return !std::holds_alternative<std::monostate>(step);
}

}  // namespace sallyport::policy
