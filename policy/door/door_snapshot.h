#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/audit/audit.h"
#include "policy/door/realm_counts.h"

namespace sallyport::policy {

/// What a door has counted, and who is there, copied: it may be read on another thread. Its size
/// depends on the policy alone, not on the number of sessions.
struct DoorSnapshot {
    struct Realm {
        std::string name;
        std::string policy;              ///< RealmPolicy::hash()
        std::vector<std::string> rules;  ///< their ids, by RuleIndex
        RealmCounts counts;
        std::vector<RealmCounts::Named> sessions;  ///< by method
    };
    std::vector<Realm> realms;
    AuditTrail::Counts decisions;
    std::vector<RealmCounts::Named> refused;  ///< joins, by the URI that the client got
    std::size_t connections = 0;
    std::size_t sessions = 0;
    std::size_t circuits = 0;  ///< of Tor, with at least one session
    std::size_t joins_waiting = 0;
    std::uint64_t joins_delayed = 0;
    std::uint64_t wrong_secrets = 0;
    std::uint64_t events_sent = 0;
    std::uint64_t events_undeliverable = 0;
    std::uint64_t events_withheld = 0;
    std::uint64_t events_skipped = 0;
    std::uint64_t too_slow = 0;  ///< subscriptions and calls that were ended
};

}  // namespace sallyport::policy
