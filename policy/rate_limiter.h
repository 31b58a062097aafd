#pragma once

#include <cstddef>
#include <vector>

#include "policy/permit.h"
#include "wamp/base/instant.h"

namespace sallyport::policy {

/// The token buckets of one session, one for each rule with a rate that it has used (DESIGN §7.7).
/// Two words when the session uses none. A bucket holds one second's worth of tokens, at least one,
/// and begins full.
class RateLimiter {
public:
    /// Takes a token from the rule's bucket; false when there is none. `rate_per_s` is the rule's,
    /// 0 means no limit. `now` never goes back.
    bool take(RuleIndex rule, double rate_per_s, wamp::Instant now);

    std::size_t buckets() const noexcept { return buckets_.size(); }

private:
    struct Bucket {
        RuleIndex rule;
        double rate_per_s;
        double tokens;
        wamp::Instant filled;  ///< when `tokens` was true
    };

    static double tokens_at(const Bucket& bucket, wamp::Instant now) noexcept;

    std::vector<Bucket> buckets_;
};

}  // namespace sallyport::policy
