#pragma once

#include <cstdint>
#include <string_view>

#include "policy/engine/permit.h"
#include "policy/engine/rate_table.h"
#include "wamp/base/instant.h"
#include "wamp/base/tally.h"

namespace sallyport::policy {

/// Whom a limit of a rule counts for (architecture: Policy 7).
enum class Scope : std::uint8_t { session, authid, circuit };

/// Whom a request counts for.
struct LimitSubject {
    std::uint64_t session = 0;
    std::string_view authid;
    std::uint64_t circuit = 0;  ///< of Tor, or what stands for it where there is none
};

/// What is used up of the rates and calls in flight that the rules of one realm allow. Counts under
/// the ids of rules, so that neither joining again nor a reload makes anything fresh. A rate's
/// bucket holds one second's worth, at least one token, and begins full.
class RuleLimits {
public:
    /// `secret` keeps strangers from choosing names whose counts meet.
    explicit RuleLimits(std::uint64_t secret) noexcept : secret_(secret) {}

    enum class Verdict : std::uint8_t { within, over_rate, over_in_flight };
    /// One more request under that rule. A call that is within them gets its place in `lease`; a
    /// request that is not uses nothing up. `now` never goes back.
    Verdict admit(std::string_view rule, const Limits& limits, const LimitSubject& who,
                  bool is_call, wamp::Instant now, wamp::Tally::Lease& lease);

    /// Counts that are not zero.
    std::size_t counts() const noexcept { return open_.counts(); }

private:
    std::uint64_t secret_;
    RateTable rates_;
    wamp::Tally open_;
};

/// Names what is counted under a rule for one of a scope; never 0.
std::uint64_t limit_key(std::uint64_t secret, std::string_view rule, Scope scope,
                        std::string_view who) noexcept;
std::uint64_t limit_key(std::uint64_t secret, std::string_view rule, Scope scope,
                        std::uint64_t who) noexcept;

}  // namespace sallyport::policy
