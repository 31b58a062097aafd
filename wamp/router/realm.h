#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wamp/base/instant.h"
#include "wamp/base/random.h"
#include "wamp/base/tally.h"
#include "wamp/base/uri.h"
#include "wamp/message/deliveries.h"
#include "wamp/message/holding_change.h"
#include "wamp/message/message.h"
#include "wamp/router/caller_waits.h"
#include "wamp/session/features.h"

namespace sallyport::wamp {

/// The identity of a message's sender, as the router knows it from its own records (W-CID-04).
struct Origin {
    SessionId session = 0;
    std::string_view authid;
    std::string_view authrole;
};

/// The limits of one call; a timeout of zero means none.
struct CallLimits {
    Duration timeout{};  ///< from CALL to the first result and between results (W-PCR-06)
    Tally::Lease lease;  ///< its share of the limit on calls in flight, released with its answer
};

/// What the realm keeps of the events on some topics.
struct HistoryRule {
    std::string uri;
    MatchPolicy match = MatchPolicy::exact;
    // Of one topic:
    std::size_t events = 0;
    std::size_t bytes = 0;
    Duration age{};
};

class History;

/// One realm of a router: broker and dealer, without transports, authentication or authorization;
/// its owner has already authorized each message. Sessions are identified by their ids; messages to
/// sessions are returned as deliveries. Every accepted call gets exactly one final answer
/// (W-RPC-07).
class Realm {
public:
    struct Session {
        SessionId id = 0;
        std::string authid;
        std::string authrole;
        Features features;
        RequestId last_invocation = 0;  ///< ids of invocations sent so far (W-ID-04)
        bool outside = false;  ///< represents callees that learn a caller's identity only if the
                               ///< caller discloses it (W-SEC-09)
    };

    explicit Realm(Random random);
    ~Realm();
    Realm(Realm&&) noexcept;
    Realm& operator=(Realm&&) noexcept;

    /// So many bytes of calls of one caller may wait for a callee that does not keep up, instead of
    /// held_bytes_max.
    void limit_held_bytes(std::size_t bytes_of_caller) noexcept;
    /// Whether callees of the realm, except those that a link represents, are always told of a
    /// caller that a link conveys; at first they are. Otherwise they are told of it as of any other
    /// caller: if it discloses itself, or they may demand it (W-CID-01).
    void name_conveyed_callers(bool always) noexcept;

    /// Keeps events by these rules from now on, of all topics so many bytes, and none of those that
    /// it has kept.
    void keep_history(std::vector<HistoryRule> rules, std::size_t bytes_max);
    History& history() noexcept;

    void join(Session session);
    /// Ends everything that the session has in the realm: subscriptions, registrations, its calls
    /// and its invocations (W-SES-05).
    void leave(SessionId session, Instant now, Deliveries& out);

    /// Processes one request or answer of a joined session: PUBLISH, SUBSCRIBE, UNSUBSCRIBE,
    /// REGISTER, UNREGISTER, CALL, CANCEL, YIELD, ERROR. `origin` is the sender on whose behalf it
    /// is processed: the session itself, or the principal that a trusted link conveys.
    void handle(SessionId from, Message&& message, const Origin& origin, CallLimits&& limits,
                Instant now, Deliveries& out);

    /// A further CALL of a call of the session that is open for it (W-PCI-01), judged as such; its
    /// options are those of the first one, but for `progress`.
    void proceed(SessionId from, Call&& further, Instant now, Deliveries& out);

    /// A subscription or registration of a session.
    struct Holding {
        SessionId session = 0;
        bool registration = false;
        Id id = 0;
        MatchPolicy match = MatchPolicy::exact;
        std::string uri;
    };
    /// All subscriptions and registrations, ordered by session and id.
    std::vector<Holding> holdings() const;
    /// The subscription with that id; its session is `holder` if that holds it, otherwise 0.
    /// Nothing if there is none.
    std::optional<Holding> subscription(SubscriptionId id, SessionId holder) const;
    /// Revokes it and notifies its holder if that announced support for revocation (W-SRV-01,
    /// W-RRV-01). Open invocations continue (W-RRV-03).
    void revoke(const Holding& holding, std::string_view reason, Deliveries& out);

    /// Who has come to hold subscriptions and registrations, or holds them no longer; its owner
    /// empties it.
    HoldingChanges& holding_changes() noexcept;

    /// Ends an open call of the session with that error, and cancels it at its callee.
    void end_call(SessionId caller, RequestId request, std::string_view reason, Instant now,
                  Deliveries& out);

    /// Whether the transport of a callee takes further invocations. Otherwise they are held for a
    /// limited time (hold_max), and go in a fair order over the callers (W-GWY-10).
    void set_room(SessionId callee, bool has_room) noexcept;
    /// Sends a callee that has room the held INVOCATION whose turn it is; false if there is none.
    /// The message is to be sent before the next call into the realm.
    bool invoke_held(SessionId callee, Instant now, Deliveries& out);

    /// The callers that are to be read no more, or again.
    std::vector<CallerWaits::Change> take_caller_waits();

    void on_deadline(Instant now, Deliveries& out);
    Instant deadline() const noexcept;  ///< when on_deadline() is next due; `never` if not

    /// Sizes of the tables, for metrics and for the check that they are empty once all sessions
    /// have left; retained events stay.
    struct Counts {
        std::size_t sessions, subscriptions, registrations, calls, invocations;
        std::size_t retained, retained_bytes;
        std::size_t held_bytes;  ///< of invocations that wait for their callees
        std::size_t history_bytes;
    };
    Counts counts() const noexcept;
    /// The subscriptions and registrations of one session.
    std::size_t entries_of(SessionId session) const noexcept;

private:
    struct Tables;
    std::unique_ptr<Tables> tables_;
};

}  // namespace sallyport::wamp
