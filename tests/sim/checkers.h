#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/network.h"

namespace sallyport::sim {

/// What must hold whatever happens (architecture: Promises 2 to 4).
enum class Check : std::uint8_t {
    one_answer,       ///< exactly one final answer per call, and the right one (W-RPC-07)
    permit,           ///< nothing crosses the link that policy does not allow
    subscribed_only,  ///< no EVENT outside SUBSCRIBED … UNSUBSCRIBED, no INVOCATION after
                      ///< UNREGISTERED (W-ORD-05)
    publisher_order,  ///< events of one publisher arrive in order, none twice on one subscription
                      ///< (W-ORD-01)
    tables_empty,     ///< nothing is left when everyone has gone
    legal_router,     ///< the router says nothing that the protocol does not allow
    no_event_lost,    ///< every subscription that a publication is for gets it
    right_subscription,  ///< an event comes only on a subscription that it matches, and only to
                         ///< whom may receive it
    expected_outcome,    ///< a call ends as policy, registrations and faults have it
    true_identity,    ///< disclosed and conveyed identities are those of the callers and publishers
    recorded_once,    ///< each decision is in the audit trail once, and as it was made
    host_hidden,      ///< nothing of the host is sent outside
    atomic_reload,    ///< after a reload nothing is decided or held by the old version
    leases_returned,  ///< calls that are over count for no limit any more
    waits_end,        ///< who has to wait is let go on, and nobody waits in a circle
    no_message_lost,  ///< what was not refused reaches its backend; who is too slow is told
    fair_share,       ///< nobody waits for the appetite of others
    bytes_counted,    ///< what the cores say that they hold is what they hold
    link_stands,      ///< whoever else has its key does not take a link that works
};

std::string_view to_string(Check check) noexcept;

/// What was found wrong, and a digest of all that happened: two runs of one seed have the same.
class Findings {
public:
    void wrong(Check check, Instant when, std::string what);
    bool has(Check check) const noexcept;
    bool none() const noexcept { return found_.empty(); }
    std::string text() const;

    /// Mixes something that happened into the digest (FNV-1a).
    void happened(std::string_view what) noexcept;
    std::uint64_t digest() const noexcept { return digest_; }

    /// How much of what happened: a world in which nothing happens would keep every promise.
    struct Counts {
        std::uint64_t calls_ended = 0;
        std::uint64_t results = 0;
        std::uint64_t progress = 0;
        std::uint64_t refused = 0;  ///< calls ended by not_authorized
        std::uint64_t network_failures = 0;
        std::uint64_t canceled = 0;
        std::uint64_t timeouts = 0;
        std::uint64_t events = 0;
        std::uint64_t chosen = 0;         ///< publications for some only
        std::uint64_t undeliverable = 0;  ///< events
        std::uint64_t retained = 0;
        std::uint64_t sealed = 0;  ///< calls and events
        std::uint64_t meta = 0;    ///< calls and events of the meta API
        std::uint64_t testaments = 0;
        std::uint64_t named = 0;        ///< callers and publishers that were told
        std::uint64_t let_in = 0;       ///< by the procedure that says who may join
        std::uint64_t turned_away = 0;  ///< after it was asked
        std::uint64_t killed = 0;       ///< sessions, by the meta API
        std::uint64_t records = 0;      ///< of decisions
        std::uint64_t revoked = 0;
        std::uint64_t taken = 0;  ///< registrations, by somebody else
        std::uint64_t reloads = 0;
        std::uint64_t judged_again = 0;  ///< requests that waited, after a reload
        std::uint64_t held = 0;          ///< requests for which a link had no room at once
        std::uint64_t held_calls = 0;    ///< for which a callee had none
        std::uint64_t too_slow = 0;      ///< subscriptions and calls that outran their sessions
        std::uint64_t shadows = 0;       ///< decisions that shadow rules would change
        std::uint64_t impostors = 0;     ///< second connections of links that stood
    };
    Counts counts;

private:
    struct Found {
        Check check;
        std::string what;
    };
    std::vector<Found> found_;
    std::uint64_t digest_ = 0xCBF29CE484222325u;
};

}  // namespace sallyport::sim
