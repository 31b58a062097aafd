#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend-link/inside/link_egress.h"
#include "backend-link/link/backoff.h"
#include "backend-link/link/failure_notes.h"
#include "backend-link/link/link_snapshot.h"
#include "backend-link/link/pulse.h"
#include "policy/door/door.h"
#include "policy/gate/gate.h"
#include "wamp/base/id_map.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/base/timestamp.h"
#include "wamp/message/deliveries.h"
#include "wamp/router/realm.h"
#include "wamp/session/outbox.h"

namespace sallyport::backend_link {

struct InsideLink {
    std::string name;  ///< for the log
    Pulse::Limits pulse{};
};

/// How a reload changes the links of an inside.
struct InsideLinkChange {
    std::vector<InsideLink> added;       ///< their numbers follow those of all before
    std::vector<std::uint32_t> removed;  ///< one that changes is removed and added
};

struct InsideConfig {
    std::vector<policy::DoorRealm> realms;
    std::vector<InsideLink> links;
    policy::DoorLimits limits;
    /// While the links have so much unwritten, a service is not read of which more than a window
    /// waits for them.
    std::size_t link_room_bytes = std::size_t{1} << 20;
    /// Of calls of one caller that wait for a service (wamp::held_bytes_max).
    std::size_t caller_bytes_max = std::size_t{16} << 20;
    /// The last link is not dialled: the supervisor opens it, and a new transport replaces the
    /// first.
    bool embedded = false;
    /// What is given to the transport of a link before it has written it.
    std::size_t link_window_bytes = std::size_t{32} << 10;
    /// Services are told of each caller that a link conveys; otherwise only of those that disclose
    /// themselves.
    bool names_conveyed_callers = true;
    /// Which events are kept, in each realm, and how many bytes of them altogether.
    std::vector<wamp::HistoryRule> history{};
    std::size_t history_bytes_max = std::size_t{64} << 20;
};

/// The whole inside program as one pure object: the second door, which decides again with its own
/// policy, and behind it one router per realm. Services join through local transports as ordinary
/// clients; the gateway joins through the links that the inside dials, and only it may convey
/// principals. Interface and guarantees are those of gateway::Front.
class Inside {
public:
    /// Of the events in one answer of wamp.subscription.get_events.
    static constexpr std::size_t history_answer_bytes_max = std::size_t{1} << 20;

    Inside(InsideConfig config, const wamp::Random::Seed& seed);

    void start(wamp::Instant now, wamp::Outbox& out);
    /// The civil time, whenever the shell knows it better.
    void set_civil_time(const wamp::CivilTime& time) noexcept { gate_.set_civil_time(time); }

    /// A client's transport was opened; after `pause` it has to wait for its turn to join.
    wamp::Reading on_open(wamp::PeerId peer, const policy::Transport& transport, wamp::Instant now,
                          wamp::Outbox& out);
    wamp::Reading on_message(wamp::PeerId peer, std::string_view bytes, wamp::Instant now,
                             wamp::Outbox& out);
    /// The transport has taken bytes of the peer; `unsent` bytes still wait there. A callee that
    /// has room again gets the invocations that were held for it.
    void on_written(wamp::PeerId peer, std::size_t unsent, wamp::Instant now, wamp::Outbox& out);
    void on_alive(wamp::PeerId peer, wamp::Instant now) noexcept;
    /// The answer to an Ask effect.
    void on_auth_answer(std::string_view packet, wamp::Instant now, wamp::Outbox& out);
    /// There will be no answer to what was asked.
    void on_authenticator_lost(wamp::Instant now, wamp::Outbox& out);
    void on_closed(wamp::PeerId peer, std::string_view why, wamp::Instant now, wamp::Outbox& out);

    /// A second transport, dialled while the first one is silent, takes its place as soon as the
    /// gateway speaks on it.
    void on_link_open(std::uint32_t link, wamp::PeerId peer, const policy::Transport& transport,
                      wamp::Instant now, wamp::Outbox& out, std::string_view address = {});
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
    };
    /// Switches to these realms, all at once; as in gateway::Front.
    Reloaded reload(std::vector<policy::DoorRealm> realms, wamp::Instant now, wamp::Outbox& out,
                    InsideLinkChange links = {});
    Reloaded would_reload(const std::vector<policy::DoorRealm>& realms,
                          const InsideLinkChange& links = {}) const;

    /// Ends the sessions of clients that `who` names, by id or authid (policy::Gate::begin_kick).
    std::size_t kick(std::string_view realm, std::string_view who, wamp::Instant now,
                     wamp::Outbox& out);

    /// Shuts down in order: publishes all testaments, then sends GOODBYE to every session;
    /// stopped() is true once all have left, within a few seconds.
    void stop(wamp::Instant now, wamp::Outbox& out);
    bool stopped() const noexcept { return gate_.stopped(); }

    std::size_t sessions() noexcept { return gate_.door().joined(); }
    std::size_t peers() const noexcept { return gate_.door().peers(); }
    /// Summed over the realms.
    wamp::Realm::Counts counts() const noexcept;
    /// Held by the testaments of the sessions that are there.
    std::size_t testament_bytes() const noexcept { return gate_.meta().bytes(); }
    /// Of messages that wait for links, approximately.
    std::size_t egress_bytes() const noexcept;
    /// The memory for sessions beyond their connections, in bytes, approximately.
    std::size_t held_bytes() const noexcept;
    /// Of these, what ends with peers other than links, and for one of them: subscriptions,
    /// registrations and events.
    std::size_t held_of_peers() const noexcept;
    std::size_t held_of(wamp::PeerId peer) const;
    std::string status_json(const wamp::Dict& extra = {});
    std::vector<LinkSnapshot> link_snapshots() const;
    policy::AuditTrail& audit() noexcept { return gate_.audit(); }
    /// Completes the audit records, before they are taken for the last time.
    void end_audit() { gate_.end_audit(); }
    const policy::Door& door() const noexcept { return gate_.door(); }
    /// The subscriptions and registrations of its sessions.
    const policy::HoldingBook& holdings() const noexcept { return gate_.meta().book(); }

private:
    struct Link {
        std::string name;
        Backoff backoff;
        Pulse pulse;
        FailureNotes failures{};
        wamp::PeerId peer = wamp::no_peer;
        wamp::PeerId second = wamp::no_peer;  ///< dialled while the first one is silent
        policy::Transport second_transport{};
        wamp::SessionId session = 0;  ///< of the gateway, once it has joined
        LinkEgress egress{};
        wamp::Instant due = wamp::never;  ///< to dial, while there is no peer
        bool dialled = true;              ///< by us
        bool removed = false;             ///< by a reload; its number is not used again
        std::uint64_t ups = 0;            ///< how often the gateway has joined through it
        wamp::Instant changed{};          ///< has been up, or down, since then
        std::string reason{};             ///< why it is down, as the log has it
    };

    /// The subscriptions and registrations of a realm for which `decision_of` returns a denial.
    template <class DecisionOf>
    std::vector<wamp::Realm::Holding> lost_in(const wamp::Realm& realm,
                                              DecisionOf&& decision_of) const;
    static void count(Reloaded& summary, const std::vector<wamp::Realm::Holding>& lost) noexcept;
    /// Acts on a step of the gate and on those that follow.
    void act_on(policy::Gate::Step&& step, wamp::Instant now, wamp::Outbox& out);
    void route(policy::Door::Request&& request, wamp::Instant now, wamp::Outbox& out);
    void follow_up(policy::Door::Followup&& followup, wamp::Instant now, wamp::Outbox& out);
    void join(wamp::SessionId session, wamp::Instant now, wamp::Outbox& out);
    void act(const policy::Session& from, wamp::Message&& message, const wamp::Origin& origin,
             wamp::CallLimits&& limits, wamp::Instant now, wamp::Outbox& out);
    void answer_history(const policy::Session& session, const wamp::Call& call,
                        const wamp::Origin& reader, wamp::Instant now, wamp::Outbox& out);
    /// The error, or "" and the events.
    std::string_view read_history(const policy::Session& session, const wamp::Call& call,
                                  const wamp::Origin& reader, wamp::Instant now,
                                  wamp::List& events);
    /// Disposes of everything that the session has behind the gate.
    void dispose(wamp::SessionId session, wamp::Instant now, wamp::Outbox& out);
    /// Whether its transport takes further invocations.
    static bool has_room(const policy::Session& session) noexcept;
    /// Whether what is for a link waits for its turn there, or has had it.
    enum class Crossing : bool { in_turn, now };
    void flush(wamp::Realm& realm, wamp::Instant now, wamp::Outbox& out,
               Crossing crossing = Crossing::in_turn);
    /// Null if it is not the session of a link that is up.
    Link* link_of(wamp::SessionId session) noexcept;
    /// Whether its transport can be given more.
    bool has_window(const Link& link) noexcept;
    bool must_wait(const Link& link, const wamp::Message& message) noexcept;
    /// Moves what has to wait for a link from deliveries_ to there.
    void hold_for_links();
    /// Sends the message whose turn it is at the link, or its next part.
    void send_next(Link& link, wamp::Instant now, wamp::Outbox& out);
    /// Sends what has waited for links, as far as there is room.
    void pump_links(wamp::Instant now, wamp::Outbox& out);
    void only_receivable(wamp::Deliveries& checked);
    void open_link(Link& link, wamp::PeerId peer, const policy::Transport& transport,
                   wamp::Instant now, wamp::Outbox& out);
    void take_second(Link& link, std::string_view why, wamp::Instant now, wamp::Outbox& out);
    void add_link(const InsideLink& link, bool dialled);
    void remove_link(Link& link, wamp::Instant now, wamp::Outbox& out);
    bool may_dial(const Link& link) const noexcept { return !gate_.stopping() && !link.removed; }
    Link* with_second(wamp::PeerId peer) noexcept;
    void lose(Link& link, std::string_view why, wamp::Instant now, wamp::Outbox& out);
    static void note_failure(Link& link, std::string_view why, wamp::Instant now,
                             wamp::Outbox& out);
    void on_dial_failed(Link& link, bool reached, std::string_view why, wamp::Instant now,
                        wamp::Outbox& out);
    void check_link(Link& link, wamp::Instant now, wamp::Outbox& out);
    /// Of the links' transports together, with what waits for them.
    std::size_t unsent_to_links() noexcept;
    /// Whether it has to wait until the links have taken what it sent.
    bool exceeds_links(wamp::PeerId service) noexcept;
    bool outruns_callees(wamp::PeerId client) const noexcept;
    /// Callers whose calls outrun their callees are not read: by us, or by their gateway.
    void slow_down_callers(wamp::Realm& realm, wamp::Outbox& out);
    /// Reads on from the services that wait for a link and have room again.
    void resume_services(wamp::Outbox& out);
    /// The subscriptions and registrations of the session.
    std::size_t entries_of(wamp::SessionId session) const;
    wamp::Realm& realm_of(const policy::Session& session);

    wamp::Random random_;
    policy::Gate gate_;
    wamp::Realm new_realm();

    InsideConfig config_;
    std::unordered_map<const policy::RealmPolicy*, wamp::Realm> realms_;
    std::vector<Link> links_;
    wamp::PeerMap<std::uint32_t> link_peers_;
    bool pumping_ = false;
    wamp::PeerId reading_ = wamp::no_peer;  ///< the service whose message is acted on
    wamp::IdSet outrunning_;  ///< sessions whose calls outrun their callees, and that are not read
    std::vector<wamp::PeerId> waiting_;  ///< services that sent more than the links take
    wamp::Deliveries deliveries_;
    std::vector<policy::Door::Undelivered> undelivered_;
};

}  // namespace sallyport::backend_link
