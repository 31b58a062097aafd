#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend-link/bridge/bridge.h"
#include "backend-link/link/failure_notes.h"
#include "backend-link/link/link_machine.h"
#include "backend-link/link/link_snapshot.h"
#include "backend-link/link/rival.h"
#include "gateway/front/link_queue.h"
#include "gateway/front/route_table.h"
#include "policy/door/door.h"
#include "policy/gate/gate.h"
#include "wamp/base/id_map.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/base/timestamp.h"
#include "wamp/codec/caller_wait.h"
#include "wamp/codec/carried_payloads.h"
#include "wamp/flow/circuit_bytes.h"
#include "wamp/session/outbox.h"

namespace sallyport::gateway {

struct BackendConfig {
    std::string name;  ///< the name in routes
    backend_link::LinkMachine::Config link;
    backend_link::Health::Limits health{};
};

/// How a reload changes the links.
struct LinkChange {
    std::vector<BackendConfig> added;    ///< their numbers follow those of all before
    std::vector<std::uint32_t> removed;  ///< one that changes is removed and added
};

struct FrontConfig {
    std::vector<policy::DoorRealm> realms;
    std::vector<BackendConfig> backends;
    policy::DoorLimits limits;
    /// What is given to the transport of a link before it has written it: a message waits at most
    /// for so much, and for the rest of one other message.
    std::size_t link_window_bytes = 32u << 10;
    /// What the sessions of one circuit may have waiting for links (wamp::flow::CircuitBytes).
    std::size_t circuit_bytes = SIZE_MAX;
};

/// The whole gateway as one pure object: the gate that faces the onion service, and behind it one
/// link and one bridge per backend. Every message crosses a link or is refused: the front has no
/// procedures or topics of its own. Inputs are transport events, the time and a seed; effects are
/// appended to the outbox (architecture: Core and shell).
class Front {
public:
    /// Every route of every realm names a backend of `config`; all routes to one backend name the
    /// same realm there (checked).
    Front(FrontConfig config, const wamp::Random::Seed& seed);

    void start(wamp::Instant now, wamp::Outbox& out);
    /// The civil time, whenever the shell knows it better.
    void set_civil_time(const wamp::CivilTime& time) noexcept { gate_.set_civil_time(time); }

    /// A client's transport was opened; after `pause` it has to wait for its turn to join.
    wamp::Reading on_open(wamp::PeerId peer, const policy::Transport& transport, wamp::Instant now,
                          wamp::Outbox& out);
    /// One message of a client or of a link. Links are never paused, so that nobody waits in a
    /// circle.
    wamp::Reading on_message(wamp::PeerId peer, std::string_view bytes, wamp::Instant now,
                             wamp::Outbox& out);
    /// The transport has taken bytes of the peer; `unsent` bytes still wait there.
    void on_written(wamp::PeerId peer, std::size_t unsent, wamp::Instant now, wamp::Outbox& out);
    void on_alive(wamp::PeerId peer, wamp::Instant now) noexcept;
    /// The answer to an Ask effect.
    void on_auth_answer(std::string_view packet, wamp::Instant now, wamp::Outbox& out);
    /// There will be no answer to what was asked.
    void on_authenticator_lost(wamp::Instant now, wamp::Outbox& out);
    void on_closed(wamp::PeerId peer, std::string_view why, wamp::Instant now, wamp::Outbox& out);

    /// The transport of link number `link` (position in config.backends) was opened: it was dialled
    /// on request, or the peer dialled from `address`. If there is one already, that one stands
    /// unless it is silent (backend_link::Rival).
    void on_link_open(std::uint32_t link, wamp::PeerId peer, const policy::Transport& transport,
                      wamp::Instant now, wamp::Outbox& out, std::string_view address = {});
    /// The link that was to be dialled was not reached, or the connection ended before it was open.
    void on_link_unreachable(std::uint32_t link, std::string_view why, wamp::Instant now,
                             wamp::Outbox& out);
    void on_link_failed(std::uint32_t link, std::string_view why, wamp::Instant now,
                        wamp::Outbox& out);

    void on_deadline(wamp::Instant now, wamp::Outbox& out);
    wamp::Instant deadline() const noexcept;

    /// The effect of a reload, done or planned.
    struct Reloaded {
        std::size_t sessions_ended = 0;
        std::size_t subscriptions_revoked = 0;
        std::size_t registrations_revoked = 0;
        std::size_t moved = 0;  ///< subscriptions and registrations that moved to another route
    };
    /// Activates these realms, all at once (architecture: Policy 10): sessions that they no longer
    /// admit are ended, subscriptions and registrations are decided again and revoked or moved,
    /// calls in flight finish under their permits, or end with the link that is removed. Routes
    /// name backends that are there after the change, and their realms as for the constructor
    /// (checked).
    Reloaded reload(std::vector<policy::DoorRealm> realms, wamp::Instant now, wamp::Outbox& out,
                    LinkChange links = {});
    /// The effect of reload() with these realms, without doing it.
    Reloaded would_reload(const std::vector<policy::DoorRealm>& realms,
                          const LinkChange& links = {}) const;

    /// Ends the sessions of clients that `who` names, by id or authid (policy::Gate::begin_kick).
    std::size_t kick(std::string_view realm, std::string_view who, wamp::Instant now,
                     wamp::Outbox& out);

    /// Shuts down in order: publishes all testaments, then sends GOODBYE to every session;
    /// stopped() is true once all have left, within a few seconds.
    void stop(wamp::Instant now, wamp::Outbox& out);
    bool stopped() const noexcept;

    /// The maximum number of backends; one that a reload has removed counts too.
    static constexpr std::size_t backends_max = backend_link::LinkSet::links_max;

    /// For `sallyport status` and the simulator's checkers.
    struct LinkStatus {
        std::string_view name;
        bool up;
        bool drained;
        wamp::Duration round_trip;        ///< of the last probe of a silent link; zero: none
        backend_link::Health::Sums last;  ///< of its calls
        wamp::Duration ejected_for;       ///< from now on; zero: it is not ejected
        std::uint32_t share;              ///< of its calls, in percent, as it returns
        backend_link::Bridge::Counts counts;
        std::size_t held;         ///< messages of sessions that wait for the link to have room
        std::size_t held_bytes;   ///< of these, approximately
        wamp::Instant since;      ///< it has been up, or down
        std::string_view reason;  ///< why it is down
    };
    std::vector<LinkStatus> links(wamp::Instant now = {}) const;
    std::vector<backend_link::LinkSnapshot> link_snapshots() const;
    /// Has new requests go to the other backends of their routes as long as one of them is up, or
    /// takes that back. What is there stays: calls in flight, subscriptions, registrations. False
    /// if no link has that name.
    bool drain(std::string_view link, bool drained);
    /// The ids of the routes that have no other backend.
    std::vector<std::string_view> only_served_by(std::string_view link) const;
    /// The Tor circuits on which that principal has a session, each once.
    std::vector<std::uint64_t> circuits_of(std::string_view realm, std::string_view authid) const;
    std::size_t sessions() noexcept { return gate_.door().joined(); }
    std::size_t peers() const noexcept { return gate_.door().peers(); }
    /// Held by the testaments of the sessions that are there.
    std::size_t testament_bytes() const noexcept { return gate_.meta().bytes(); }
    /// The memory for sessions beyond their connections, in bytes, approximately.
    std::size_t held_bytes() const noexcept;
    /// Of these, what is held for peers, and ends with them; and for one of them.
    std::size_t held_of_peers() const noexcept;
    std::size_t held_of(wamp::PeerId peer) const;
    /// `extra` is added to the members of the object.
    std::string status_json(const wamp::Dict& extra = {}, wamp::Instant now = {});
    policy::AuditTrail& audit() noexcept { return gate_.audit(); }
    /// Completes the audit records, before they are taken for the last time.
    void end_audit() { gate_.end_audit(); }
    const policy::Door& door() const noexcept { return gate_.door(); }
    /// The subscriptions and registrations of its sessions.
    const policy::HoldingBook& holdings() const noexcept { return gate_.meta().book(); }

private:
    struct Backend {
        std::string name;
        backend_link::Profile profile;
        backend_link::LinkMachine link;
        backend_link::Bridge bridge;
        LinkQueue queue;
        wamp::PeerId peer = wamp::no_peer;
        policy::Transport transport;
        std::string address{};  ///< of the far end, if it dialled
        backend_link::Rival rival{};
        policy::Transport rival_transport{};
        backend_link::FailureNotes refusals{};
        /// While the link is up, if the backend carries payloads (W-GWY-13).
        std::optional<wamp::CarriedPayloads> carried{};
        bool drained = false;  ///< other backends of its routes are preferred
        backend_link::Health health{};
        /// Sessions whose calls outrun their callees there, and that are not read (W-GWY-16).
        wamp::IdSet outrunning{};
        bool keeps_history = false;  ///< said its last WELCOME
        bool removed = false;        ///< by a reload; its number is not used again
        std::uint64_t ups = 0;       ///< how often its link has come up
        std::uint64_t events = 0;    ///< received
        wamp::Instant changed{};     ///< has been up, or down, since then
        std::string reason{};        ///< why it is down, as the log has it
    };

    /// As the backends are after the change.
    RouteTable routes_by(const std::vector<policy::DoorRealm>& realms,
                         const LinkChange& links = {}) const;
    std::span<const BackendNumber> backends_of(const policy::Door::Request& request) const noexcept;
    /// Which backend of its route serves the request: of those whose links are up and that are
    /// neither drained nor ejected, the one that a call is spread to, or else the first; and for a
    /// subscription or registration that another session has or waits for, the one that has it. If
    /// there is no such one, an ejected one, a drained one, and if no link is up, the first.
    Backend& choose(const policy::Door::Request& request, wamp::Instant now);
    /// Whether the calls of that key are among those that a backend gets whose share grows again.
    static bool has_returned_for(std::string_view key, const Backend& backend,
                                 wamp::Instant now) noexcept;
    /// Whether each of its routes has another backend that is better, and at most half of them are
    /// ejected then.
    bool may_eject(const Backend& backend, wamp::Instant now) const;
    /// After calls may have failed: ejects the backend if its calls say so.
    void judge_health(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    void end_ejection(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    /// By what a call is spread; nothing if it is not.
    static std::optional<std::string> spread_key(const policy::Door::Request& request);
    /// The best has the lowest rank; those of one rank are equally good.
    static unsigned rank_of(const Backend& backend) noexcept;
    /// Whether it is a publication that goes to every backend of its route.
    bool is_copied(const policy::Door::Request& request) const noexcept;
    /// The next backend that a copy goes to and that has no room; null if there is none. `passed`
    /// counts the backends of the route that need not be looked at again.
    Backend* next_in_the_way(const policy::Door::Request& request, const Backend& chosen,
                             std::size_t& passed) const noexcept;
    /// The publication has crossed the link of `chosen`.
    void send_copies(const Backend& chosen, const policy::Door::Request& request,
                     const wamp::Publish& publish, wamp::Instant now, wamp::Outbox& out);
    /// Has all backends of a route follow what one of them has told its sessions.
    void settle_changes(wamp::Instant now, wamp::Outbox& out);
    backend_link::LinkSet holders_of(const backend_link::Holding& holding) const noexcept;
    void drop_everywhere(const backend_link::Holding& holding, wamp::Instant now,
                         wamp::Outbox& out);
    /// Adds it to the other backends of its route, or to one of them.
    void copy_holding(const backend_link::Holding& holding, const Backend* only, wamp::Instant now,
                      wamp::Outbox& out);
    /// Gives it what it lacks of the subscriptions and registrations of its routes, and what waits
    /// for others.
    void share_with(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    void hand_over(Backend& from, Backend& to);
    void hand_over_waiting(Backend& from, wamp::Instant now, wamp::Outbox& out);
    /// What waits for a removed link waits for one that its route leads to now, or ends.
    void move_waiting(Backend& removed, wamp::Instant now, wamp::Outbox& out);
    void await_turns(Backend& backend);

    struct HoldingChange;
    /// The changes to subscriptions and registrations. `decision_of` returns the policy that it
    /// evaluated, none for a session that ends.
    template <class DecisionOf>
    std::vector<HoldingChange> judge(const RouteTable& routes, DecisionOf&& decision_of) const;
    void move_or_revoke(std::vector<HoldingChange>& judged, wamp::Instant now, wamp::Outbox& out);
    void add_backend(BackendConfig&& backend);
    /// The features that work through the present backends.
    wamp::Dict roles() const;
    /// Leaves the link in order. What was bound to it has moved or is revoked; calls end.
    void remove_backend(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    static Reloaded count(std::size_t ended, const std::vector<HoldingChange>& judged);
    /// Where a request goes: to the backend of its route, or to that of the subscription whose
    /// history is read; null if the session has no such subscription.
    Backend* target_of(const policy::Session& session, const policy::Door::Request& request,
                       wamp::Instant now);
    static bool reads_history(const wamp::Message& request) noexcept;
    /// Announces event_history from now on if every backend does (W-FEA-01).
    void note_history(Backend& backend, const wamp::Welcome& welcome);
    /// Acts on a step of the gate and on those that follow.
    void act_on(policy::Gate::Step&& step, wamp::Instant now, wamp::Outbox& out);
    void forward(policy::Door::Request&& request, wamp::Instant now, wamp::Outbox& out);
    void follow_up(policy::Door::Followup&& followup, wamp::Instant now, wamp::Outbox& out);
    /// Answers a request with an error, if it wants an answer.
    void refuse(const policy::Session& session, const wamp::Message& request, std::string_view uri,
                wamp::Outbox& out);
    /// `since`: when it arrived.
    void cross(Backend& backend, policy::Door::Request& request, wamp::Instant since,
               wamp::Instant now, wamp::Outbox& out);
    void cross(policy::Door::Followup& followup, wamp::Instant now, wamp::Outbox& out);
    bool can_wait(const policy::Session& session) const noexcept;
    /// Whether a message of the session that is being read has to wait.
    bool must_wait(const Backend& backend, const policy::Session& session,
                   const wamp::Message& message) const noexcept;
    /// How messages for the link are encoded.
    static backend_link::LinkWire wire_of(const Backend& backend) noexcept;
    /// The session, which held a message and is not read, is read on unless it has to wait for its
    /// circuit or for callees.
    void read_on(const policy::Session& session, LinkQueue::Held& held, wamp::Outbox& out);
    static wamp::flow::Sender sender_of(const policy::Session& session) noexcept {
        return {session.circuit, session.id};
    }
    void on_caller_wait(Backend& backend, const wamp::CallerWait& wait, wamp::Outbox& out);
    /// The calls of the session do not outrun their callees at the backend any more.
    void stop_waiting(Backend& backend, wamp::SessionId session, wamp::Outbox& out);
    /// Whether its calls outrun their callees at some backend.
    bool outruns_callees(wamp::SessionId session) const noexcept;
    /// Whether those of the client do.
    bool outruns_callees(wamp::PeerId client) const noexcept;
    /// For a message that has to wait for a link.
    wamp::flow::CircuitBytes::Charge charge_for(const policy::Session& session,
                                                const wamp::Message& message);
    /// The client is read, so it does not wait for its circuit.
    void forget_wait(wamp::PeerId peer);
    /// Whether the client whose message was processed has to wait for its circuit.
    bool has_to_wait(wamp::PeerId peer, bool is_held);
    void settle_circuits(wamp::Outbox& out);
    void pause_circuit(std::uint64_t circuit, wamp::Outbox& out);
    bool lacks_room(Backend& backend, const policy::Session& session, const wamp::Message& message);
    /// Lets cross what has waited, as far as there is room.
    void pump(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    void pump_alone(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    /// Lets a message cross; `stream` is that of its parts, or 0.
    void release(Backend& backend, LinkQueue::Held& held, wamp::Id stream, wamp::Instant now,
                 wamp::Outbox& out);
    /// Whether that was its last part.
    static bool send_part(Backend& backend, LinkQueue::Turn& turn, wamp::Outbox& out);
    static void send(Backend& backend, wamp::Frame&& frame, wamp::Outbox& out);
    /// Lets go on whose publications have waited too long for acknowledgements.
    void release_late(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    /// Whether the backend knows the id that the message refers to and has processed it.
    bool follow_up_at(Backend& backend, policy::Door::Followup& followup, wamp::OwnedPayload& keep,
                      wamp::Instant now, wamp::Outbox& out);
    /// Disposes of everything that the session has behind the door.
    void dispose(wamp::SessionId session, wamp::Instant now, wamp::Outbox& out);
    /// The transport becomes that of the link, which has none.
    void open_link(Backend& backend, wamp::PeerId peer, const policy::Transport& transport,
                   std::string address, wamp::Instant now, wamp::Outbox& out);
    void settle_rival(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    void refuse_rival(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    /// The rival takes the link, whose transport is gone.
    void take_rival(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    void note_down(Backend& backend, std::string_view why, wamp::Instant now);
    void lose(Backend& backend, std::string_view why, wamp::Instant now, wamp::Outbox& out);
    void on_dial_failed(std::uint32_t link, backend_link::LinkMachine::Failure failure,
                        std::string_view why, wamp::Instant now, wamp::Outbox& out);
    Backend* with_rival(wamp::PeerId peer) noexcept;
    void on_link_message(Backend& backend, std::string_view bytes, wamp::Instant now,
                         wamp::Outbox& out);
    void on_verdict(Backend& backend, backend_link::LinkMachine::Verdict verdict, wamp::Instant now,
                    wamp::Outbox& out);
    /// Tells those who may know of the link: the subscribers in the realms that have a route to it.
    void publish_state(const Backend& backend, bool up, wamp::Instant now, wamp::Outbox& out);
    /// Carries out the output of the link machine.
    void carry_out(Backend& backend, backend_link::LinkMachine::Outbox& wanted, wamp::Instant now,
                   wamp::Outbox& out);
    /// Carries out the output of the bridge until there is none.
    void flush(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    void deliver_all(Backend& backend, wamp::Instant now, wamp::Outbox& out);
    /// Ends what outruns its session: subscriptions, and calls with progressive results.
    void end_overruns(Backend& backend, wamp::Instant now);
    std::uint32_t index_of(const Backend& backend) const noexcept;

    wamp::Random random_;
    policy::Gate gate_;
    wamp::MessageLimits link_message_limits_;
    std::size_t link_window_bytes_;
    backend_link::FrontIds ids_;
    wamp::flow::CircuitBytes under_way_;
    std::vector<std::unique_ptr<Backend>> backends_;
    RouteTable routes_;
    wamp::PeerMap<Backend*> link_peers_;
    backend_link::BridgeOutbox bridge_out_;
    /// For the other backends of the routes.
    std::vector<backend_link::BridgeOutbox::HoldingChange> changes_;
    std::vector<policy::Door::Undelivered> undelivered_;
    wamp::PeerId reading_ = wamp::no_peer;  ///< the client whose message is being processed
    bool pumping_ = false;
    bool moving_ = false;          ///< holdings move between backends
    bool paused_ = false;          ///< that message is held
    wamp::Id crossed_stream_ = 0;  ///< the last one whose message crossed
};

}  // namespace sallyport::gateway
