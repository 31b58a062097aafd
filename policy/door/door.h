#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "policy/audit/audit.h"
#include "policy/auth/authenticator.h"
#include "policy/auth/join_failures.h"
#include "policy/crypto/hash.h"
#include "policy/door/sessions.h"
#include "policy/engine/permit.h"
#include "policy/engine/realm_policy.h"
#include "policy/engine/rule_limits.h"
#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/codec/codec.h"
#include "wamp/message/deliveries.h"
#include "wamp/session/outbox.h"
#include "wamp/session/server_session.h"

namespace sallyport::policy {

/// What a core has to know of a transport connection whose handshake is done.
struct Transport {
    wamp::Serializer serializer = wamp::Serializer::msgpack;
    std::size_t peer_receives_max = 16u << 20;  ///< bytes of a message that the peer accepts
    bool pings = false;                         ///< RawSocket: effect::Ping may be asked for
    std::uint64_t circuit = 0;                  ///< Tor circuit; 0 when there is none
};

/// Bounds of one door.
struct DoorLimits {
    std::size_t peers_max = 10'000;
    wamp::Duration join_timeout =
        std::chrono::seconds(10);  ///< transport open to WELCOME (W-SES-12)
    std::size_t checks_max = 128;  ///< tickets that are checked at one time; more are refused
    wamp::Duration leave_timeout = std::chrono::seconds(2);  ///< our GOODBYE to its answer
    AuditTrail::Wanted audit = AuditTrail::Wanted::nothing;
    wamp::MessageLimits message;
};

/// Who may enter one realm, and what for.
struct DoorRealm {
    std::shared_ptr<const RealmPolicy> policy;
    std::shared_ptr<const Authenticator> authenticator;
};

/// A door of the gate: takes what clients send, keeps their sessions, lets the right people in, and
/// gives a Permit for each request or answers it with the error that is due. The gateway's front
/// and the inside are each a door with something behind it. Promises: nothing is handed on without
/// a Permit, except what refers back to something that had one (CANCEL, UNSUBSCRIBE, UNREGISTER,
/// YIELD, ERROR); a stranger gets the standard's error and no detail.
///
/// A peer that joined as a *link* is trusted to convey principals (W-R2R-04): its requests are
/// decided for the principal in `forward_for`, or for the role "gateway" where there is none.
class Door {
public:
    /// A request that may pass.
    struct Request {
        wamp::SessionId from;
        Permit permit;
        wamp::Message message;
        bool conveyed = false;  ///< a link speaks for the principal below; otherwise the session
                                ///< speaks for itself
        wamp::SessionId origin_session = 0;
        std::string origin_authid;
        std::string origin_role;
        /// Its place among the calls in flight, to be kept until the call is over; not to outlive
        /// the door.
        wamp::Tally::Lease lease{};
    };
    /// CANCEL, UNSUBSCRIBE, UNREGISTER, YIELD or ERROR of a session.
    struct Followup {
        wamp::SessionId from;
        wamp::Message message;
    };
    /// The session has ended. The owner disposes of all that it has behind the door, then calls
    /// forget().
    struct Left {
        wamp::SessionId session;
    };
    struct Joined {
        wamp::SessionId session;
    };
    using Event = std::variant<std::monostate, Request, Followup, Joined, Left>;

    /// An INVOCATION that could not be said to its callee: the owner treats it as the callee's
    /// ERROR with that URI.
    struct Undelivered {
        wamp::SessionId callee;
        wamp::RequestId invocation;
        std::string_view error;
    };

    /// `roles` is what WELCOME announces: exactly what works through what is behind the door
    /// (W-FEA-01).
    Door(std::vector<DoorRealm> realms, DoorLimits limits, wamp::Random random,
         wamp::Dict roles = wamp::router_roles());

    enum class Trust : std::uint8_t { client, link };

    /// A transport is open. Refused with Close beyond peers_max.
    void on_open(wamp::PeerId peer, const Transport& transport, Trust trust, wamp::Instant now,
                 wamp::Outbox& out);
    /// One message. What is returned borrows from `bytes`.
    Event on_message(wamp::PeerId peer, std::string_view bytes, wamp::Instant now,
                     wamp::Outbox& out);
    /// What has to be done next because of what went in: the owner calls it after each input until
    /// nothing comes. The door's own questions to the procedure of [auth.dynamic], and what their
    /// answers led to.
    Event next(wamp::Instant now, wamp::Outbox& out);
    /// What a Work effect of this door has returned.
    Event on_work_done(std::uint64_t work, bool result, wamp::Instant now, wamp::Outbox& out);
    /// The transport is gone. Left or nothing.
    Event on_closed(wamp::PeerId peer, std::string_view why);
    void forget(wamp::SessionId session) noexcept { sessions_.remove(session); }

    void on_deadline(wamp::Instant now, wamp::Outbox& out);
    wamp::Instant deadline() const noexcept;

    /// Sends what a machine behind the door wants delivered: encoded once per serializer,
    /// transcoded where it must be. What a receiver cannot be told becomes the error that is due
    /// (W-RAW-11, W-SER-09); an INVOCATION of that kind is appended to `undelivered`.
    void deliver(const wamp::Deliveries& deliveries, std::vector<Undelivered>& undelivered,
                 wamp::Outbox& out);
    /// Answers a request with an error and no detail.
    void refuse(wamp::SessionId session, wamp::MessageType type, wamp::RequestId request,
                std::string_view uri, wamp::Outbox& out);

    /// Whether the session may publish that, as its own PUBLISH with `acknowledge` would be judged
    /// but for rates: "" or the error that is due, which is on the record then. For what is to be
    /// published later.
    std::string_view may_publish(const Session& session, wamp::Publish publication,
                                 wamp::Instant now);
    /// What the session left to be published, judged as its own PUBLISH would be now: nothing when
    /// it may not pass.
    std::optional<Request> publish(const Session& session, wamp::Publish&& publication,
                                   wamp::Instant now);

    /// Ends the session from our side: GOODBYE with `reason`. The caller has disposed of it, and
    /// calls forget().
    void dismiss(wamp::SessionId session, std::string_view reason, wamp::Instant now,
                 wamp::Outbox& out);
    /// Ends all connections that have no session, so that nobody joins any more: ABORT
    /// `system_shutdown`.
    void turn_away(wamp::Outbox& out);

    Sessions& sessions() noexcept { return sessions_; }
    const Sessions& sessions() const noexcept { return sessions_; }
    bool has_peer(wamp::PeerId peer) const noexcept { return peers_.contains(peer); }
    std::size_t peers() const noexcept { return peers_.size(); }
    /// Sessions of others than the door itself.
    std::size_t joined() const noexcept { return sessions_.size() - desks_.size(); }
    std::vector<wamp::SessionId> session_ids() const;
    /// A session that does not outlive a change of policy, and the reason for its GOODBYE.
    struct Ended {
        wamp::SessionId session;
        std::string_view reason;
    };
    /// Which sessions `realms` would end: those whose realm is gone, whose principal is admitted no
    /// longer, or has another role than WELCOME told.
    std::vector<Ended> ended_by(std::span<const DoorRealm> realms) const;
    /// From here on these realms decide (architecture: Policy 10), also for the sessions that are
    /// there. The owner has disposed of and dismissed those that ended_by() names, and judges again
    /// what the others hold. Whoever is about to join goes on, and is let in only by both the old
    /// version and the new one.
    void reload(std::vector<DoorRealm> realms, wamp::Outbox& out);
    /// Notes that the session has lost what it held.
    void record_revoked(const Session& session, const Question& question, const Decision& decision);

    /// How often each rule of a realm has decided since the start, by RuleIndex.
    std::span<const std::uint64_t> hits(std::string_view realm) const noexcept;

    /// What was decided, and about whom; the owner empties it.
    AuditTrail& audit() noexcept { return audit_; }
    const AuditTrail& audit() const noexcept { return audit_; }
    std::uint64_t undeliverable_events() const noexcept { return undeliverable_events_; }
    const RealmPolicy* realm(std::string_view name) const noexcept;
    std::vector<std::string_view> realm_names() const;

private:
    /// A realm with what is kept for it beside its policy.
    struct Realm : DoorRealm {
        std::vector<std::uint64_t> hits;  ///< by RuleIndex
    };
    /// What a peer without a session has come to.
    struct Joining {
        std::optional<Authenticator::Attempt> attempt;  ///< once challenged
        std::string name;                               ///< under which failures are counted
        std::string_view method;
        wamp::SessionId session = 0;  ///< that WELCOME will show (W-AUT-W3)
        wamp::RequestId asked =
            0;                   ///< the call to the procedure of [auth.dynamic] that it waits for
        std::uint64_t work = 0;  ///< the check of a ticket that it waits for
    };
    struct Peer {
        Transport transport;
        Trust trust;
        wamp::ServerSession machine;
        wamp::SessionId session = 0;
        wamp::Instant due = wamp::never;  ///< of joining or leaving
        std::shared_ptr<Realm> realm;
        Joining joining;
    };
    /// A peer that waits for the procedure of [auth.dynamic].
    struct Asking {
        wamp::PeerId peer = wamp::no_peer;
        std::uint64_t circuit = 0;
        Authenticator::Attempt attempt;
        wamp::OwnedPayload payload;  ///< of the call
    };
    /// A check of a ticket on its way.
    struct Checking {
        wamp::PeerId peer = wamp::no_peer;
        std::shared_ptr<const Authenticator> authenticator;
        Authenticator::Slow slow;
    };
    /// The session that the door itself has in a realm, to call that procedure with.
    struct Desk {
        wamp::SessionId session = 0;
        wamp::RequestId last = 0;
        std::map<wamp::RequestId, Asking> asking;
    };
    struct Told {
        std::string realm;
        wamp::RequestId request = 0;
        std::optional<wamp::Value> answer;  ///< nothing: an error
    };
    struct Speaker;
    struct Matter;
    struct Ruling;
    struct Encoded;

    Event join(wamp::PeerId id, Peer& peer, const wamp::Hello& hello, wamp::Instant now,
               wamp::Outbox& out);
    Event authenticate(wamp::PeerId id, Peer& peer, const wamp::Authenticate& message,
                       wamp::Instant now, wamp::Outbox& out);
    Event step(wamp::PeerId id, Peer& peer, Authenticator::Step&& step, wamp::Instant now,
               wamp::Outbox& out);
    /// Whom a limit per circuit counts for: a connection without one is its own. The principals
    /// that a link conveys count by their sessions.
    static std::uint64_t circuit_of(std::uint64_t circuit, wamp::PeerId peer) noexcept {
        return circuit != 0 ? circuit : static_cast<std::uint64_t>(peer);
    }
    Desk& desk_of(std::string_view realm);
    bool may_ask(const Peer& peer) const;
    void ask(wamp::PeerId id, Peer& peer, Authenticator::Asked&& asked, wamp::Instant now,
             wamp::Outbox& out);
    Event check(wamp::PeerId id, Peer& peer, Authenticator::Slow&& slow, wamp::Outbox& out);
    void hear(const Session& session, const wamp::Message& message);
    Event fail(wamp::PeerId id, Peer& peer, const Authenticator::Refused& refused,
               wamp::Instant now, wamp::Outbox& out);
    bool is_blocked(const Peer& peer, wamp::Instant now) const noexcept;
    Authenticator::Arrival arrival(const Peer& peer) noexcept {
        return {peer.joining.session, random_, decoy_key_};
    }
    /// Whether the realm that the peer asked for, as it is now, admits the principal.
    bool still_admits(Peer& peer, const Principal& principal, bool dynamic) const;
    Event welcome(wamp::PeerId id, Peer& peer, Authenticator::Admitted&& admitted,
                  wamp::Outbox& out);
    Event dispatch(Peer& peer, wamp::Message&& message, wamp::Instant now, wamp::Outbox& out);
    template <class Message>
    Event decide(Peer& peer, Action action, Message&& asked, std::string_view uri,
                 wamp::Instant now, wamp::Outbox& out);
    static Speaker speaker_of(const Session& session) noexcept;
    /// Whether it may pass; without `counts` nothing is counted for it.
    template <class Message>
    Ruling judge(const Speaker& speaker, const Matter& matter, Message& asked, bool counts,
                 wamp::Instant now);
    void record(Outcome outcome, const Speaker& speaker, const Matter& matter, RuleIndex rule,
                std::string_view reason);
    /// Counts the shadow rule that would have decided, and records what it would have changed
    /// (architecture: Policy 11).
    void record_shadow(const Speaker& speaker, const Matter& matter, const Subject& subject,
                       const Question& question, bool allowed);
    void record_join(const Peer& peer, const Session& session);
    void record_refusal(const Peer& peer, std::string_view reason);
    void record_reload(const RealmPolicy& policy);
    void record_leave(const Peer& peer, std::string_view how);
    void blur() noexcept;
    Event refuse_join(wamp::PeerId id, Peer& peer, std::string_view reason, wamp::Outbox& out,
                      std::string_view why = {});
    Event abort(wamp::PeerId id, Peer& peer, std::string_view reason, wamp::Outbox& out);
    void drop(wamp::PeerId id, wamp::Outbox& out);
    void await(wamp::PeerId id, Peer& peer, wamp::Duration timeout, wamp::Instant now);

    void deliver_to(wamp::SessionId to, const wamp::Message& message, Encoded& encoded,
                    std::vector<Undelivered>& undelivered, wamp::Outbox& out);
    void deliver_instead(wamp::SessionId to, wamp::PeerId peer, const Peer& receiver,
                         const wamp::Message& message, std::string_view error,
                         std::vector<Undelivered>& undelivered, wamp::Outbox& out);

    std::map<std::string, std::shared_ptr<Realm>, std::less<>> realms_;
    DoorLimits limits_;
    wamp::Random random_;
    wamp::Dict roles_;
    bool passthru_;  ///< they announce payload_passthru_mode
    RuleLimits rule_limits_;
    Sessions sessions_;
    std::unordered_map<wamp::PeerId, Peer> peers_;
    // Each holds one constant timeout, so the first entry is also the first to be due. Entries of
    // peers that moved on are passed over.
    std::deque<std::pair<wamp::Instant, wamp::PeerId>> joining_;
    std::deque<std::pair<wamp::Instant, wamp::PeerId>> leaving_;
    std::map<std::string, Desk, std::less<>> desks_;  ///< by realm
    std::deque<Event> due_;
    std::map<std::uint64_t, Checking> checking_;
    std::uint64_t last_work_ = 0;
    std::deque<Told> told_;
    crypto::Digest decoy_key_{};  ///< of this start
    JoinFailures failures_;
    std::uint64_t undeliverable_events_ = 0;
    std::uint64_t blurred_ = 0;  ///< by blur()
    AuditTrail audit_;
};

}  // namespace sallyport::policy
