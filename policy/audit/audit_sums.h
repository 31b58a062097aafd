#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "policy/audit/audit.h"
#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/base/instant.h"

namespace sallyport::policy {

/// Sums up the records of a session that has too many of them in a second, so that a flood takes
/// few lines. The first `lines_per_s` decisions of a session get a record each. Those that follow
/// within the second are counted, and get one record for all that agree in everything but URI and
/// payload size. That record has the URI and size of the first of them, and AuditRecord::repeated.
/// So no decision is left out: the sum over all records, weighted by `repeated`, is exact.
///
/// What one session does never changes how the decisions of another are recorded, except that sums
/// are recorded early if more than sums_max are open.
class AuditSums {
public:
    /// The open sums of all sessions, and of one; beyond that, sums are recorded before the second
    /// is over. A sum takes about 500 bytes.
    static constexpr std::size_t sums_max = 16'384;
    static constexpr std::size_t session_sums_max = 64;
    /// Sessions with a decision within the last second that are remembered.
    static constexpr std::size_t sessions_max = 65'536;
    /// Sums that are recorded at once when their second is over; the next ones follow after `rest`,
    /// so that many floods that began together do not end in a burst of records.
    static constexpr std::size_t batch_max = 512;
    static constexpr wamp::Duration rest = std::chrono::milliseconds(5);

    /// With SIZE_MAX nothing is summed up.
    explicit AuditSums(std::size_t lines_per_s) noexcept : lines_per_s_(lines_per_s) {}

    /// A decision. `now` never decreases.
    void add(const AuditRecord& record, wamp::Instant now, AuditTrail& trail);
    /// Records the sums of a session, which has ended or is about to.
    void end_session(wamp::SessionId session, wamp::SessionId via, AuditTrail& trail);
    /// Records all sums.
    void end_all(AuditTrail& trail);

    void on_deadline(wamp::Instant now, AuditTrail& trail) { end_seconds(now, trail); }
    wamp::Instant deadline() const noexcept;

private:
    /// A session; one of the gateway's, if a link conveys it.
    using Who = wamp::IdPair;
    struct Sum {
        std::string first;  ///< packed
        std::string other_uri;
        std::uint64_t count = 1;
    };
    /// From the first decision of a session on, for a second.
    struct Second {
        std::size_t decisions = 0;
        std::vector<Sum> sums;
    };

    void end_seconds(wamp::Instant now, AuditTrail& trail);
    void end_oldest(AuditTrail& trail);
    void record(Second& second, AuditTrail& trail);
    static Sum* find(Second& second, const AuditRecord& record);

    std::size_t lines_per_s_;
    wamp::IdPairMap<Second> seconds_;
    std::deque<std::pair<wamp::Instant, Who>> ends_;  ///< of all seconds, in order
    std::size_t sums_ = 0;
    wamp::Instant resting_until_{};
};

}  // namespace sallyport::policy
