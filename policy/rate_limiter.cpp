#include "policy/rate_limiter.h"

#include <algorithm>
#include <chrono>

namespace sallyport::policy {
namespace {

// A session that goes through many rules: before its list grows beyond a multiple of this, full
// buckets, which are as good as none, are dropped.
constexpr std::size_t sweep_buckets = 16;

double capacity(double rate_per_s) noexcept {
    return std::max(1.0, rate_per_s);
}

}  // namespace

double RateLimiter::tokens_at(const Bucket& bucket, wamp::Instant now) noexcept {
    const std::chrono::duration<double> passed = now - bucket.filled;
    return std::min(capacity(bucket.rate_per_s),
                    bucket.tokens + passed.count() * bucket.rate_per_s);
}

bool RateLimiter::take(RuleIndex rule, double rate_per_s, wamp::Instant now) {
    if (rate_per_s <= 0) return true;
    auto bucket = std::find_if(buckets_.begin(), buckets_.end(),
                               [rule](const Bucket& other) { return other.rule == rule; });
    if (bucket == buckets_.end()) {
        if (!buckets_.empty() && buckets_.size() % sweep_buckets == 0) {
            std::erase_if(buckets_, [now](const Bucket& other) {
                return tokens_at(other, now) >= capacity(other.rate_per_s);
            });
        }
        bucket = buckets_.insert(buckets_.end(), {rule, rate_per_s, capacity(rate_per_s), now});
    }
    bucket->tokens = tokens_at(*bucket, now);
    bucket->filled = now;
    if (bucket->tokens < 1) return false;
    bucket->tokens -= 1;
    return true;
}

}  // namespace sallyport::policy
