#include "policy/rate_limiter.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

constexpr wamp::Instant start{1h};

int taken(RateLimiter& limiter, RuleIndex rule, double rate, wamp::Instant now, int attempts) {
    int count = 0;
    for (int i = 0; i < attempts; ++i) count += limiter.take(rule, rate, now) ? 1 : 0;
    return count;
}

TEST(RateLimiter, GivesOneSecondsWorthAtOnceAndThenTheRate) {
    RateLimiter limiter;
    EXPECT_EQ(taken(limiter, 1, 20, start, 100), 20);
    EXPECT_EQ(taken(limiter, 1, 20, start + 49ms, 10), 0);
    EXPECT_EQ(taken(limiter, 1, 20, start + 51ms, 10), 1);
    EXPECT_EQ(taken(limiter, 1, 20, start + 551ms, 100), 10);
    EXPECT_EQ(taken(limiter, 1, 20, start + 1h, 100), 20);
}

TEST(RateLimiter, GivesAtLeastOneAtOnceForSlowRates) {
    RateLimiter limiter;
    EXPECT_EQ(taken(limiter, 1, 5.0 / 60, start, 10), 1);
    EXPECT_EQ(taken(limiter, 1, 5.0 / 60, start + 11s, 10), 0);
    EXPECT_EQ(taken(limiter, 1, 5.0 / 60, start + 13s, 10), 1);
}

TEST(RateLimiter, DoesNotLoseTokensToRefusals) {
    RateLimiter limiter;
    int count = taken(limiter, 1, 1, start, 1);
    for (int ms = 1; ms <= 10'000; ++ms)
        count += taken(limiter, 1, 1, start + std::chrono::milliseconds(ms), 1);
    EXPECT_GE(count, 10);
    EXPECT_LE(count, 11);
}

TEST(RateLimiter, KeepsRulesApart) {
    RateLimiter limiter;
    EXPECT_EQ(taken(limiter, 1, 2, start, 10), 2);
    EXPECT_EQ(taken(limiter, 2, 3, start, 10), 3);
    EXPECT_EQ(taken(limiter, 1, 2, start, 10), 0);
}

TEST(RateLimiter, HasNoLimitWithoutARate) {
    RateLimiter limiter;
    EXPECT_EQ(taken(limiter, 1, 0, start, 1000), 1000);
    EXPECT_EQ(limiter.buckets(), 0U);
}

TEST(RateLimiter, ForgetsFullBucketsAndNoOthers) {
    RateLimiter limiter;
    EXPECT_EQ(taken(limiter, 0, 1.0 / 3600, start, 1), 1);  // full again in an hour
    for (RuleIndex rule = 1; rule < 1000; ++rule) {
        EXPECT_TRUE(limiter.take(rule, 10, start + std::chrono::seconds(rule)));
    }
    EXPECT_LE(limiter.buckets(), 18U);
    EXPECT_FALSE(limiter.take(0, 1.0 / 3600, start + 1000s));
}

}  // namespace
}  // namespace sallyport::policy
