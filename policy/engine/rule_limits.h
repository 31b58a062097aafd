#pragma once

#include <cstdint>
#include <string_view>

#include "policy/engine/permit.h"
#include "policy/engine/rate_table.h"
#include "wamp/base/instant.h"
#include "wamp/base/tally.h"

namespace sallyport::policy {

/// The scope of a limit of a rule (architecture: Policy 7).
enum class Scope : std::uint8_t { session, authid, circuit };

/// The session, authid and circuit for which a request is counted.
struct LimitSubject {
    std::uint64_t session = 0;
    std::string_view authid;
    std::uint64_t circuit = 0;  ///< of Tor, or a substitute if there is none
};

/// The current usage of the limits on rates and calls in flight in one realm. Counted by rule id,
/// so that neither joining again nor a reload resets it. The bucket of a rate holds the tokens of
/// one second, at least one, and starts full.
class RuleLimits {
public:
    /// `secret` prevents clients from choosing names whose counters collide.
    explicit RuleLimits(std::uint64_t secret) noexcept : secret_(secret) {}

    enum class Verdict : std::uint8_t { within, over_rate, over_in_flight };
    /// Counts one more request under that rule. A call within the limits gets its share in `lease`;
    /// a request over a limit consumes nothing. `now` never decreases.
    Verdict admit(std::string_view rule, const Limits& limits, const LimitSubject& who,
                  bool is_call, wamp::Instant now, wamp::Tally::Lease& lease);

    /// The number of counters that are not zero.
    std::size_t counts() const noexcept { return open_.counts(); }

private:
    std::uint64_t secret_;
    RateTable rates_;
    wamp::Tally open_;
};

/// The key of a counter: a rule, a scope, and one session, authid or circuit; never 0.
std::uint64_t limit_key(std::uint64_t secret, std::string_view rule, Scope scope,
                        std::string_view who) noexcept;
std::uint64_t limit_key(std::uint64_t secret, std::string_view rule, Scope scope,
                        std::uint64_t who) noexcept;

}  // namespace sallyport::policy
