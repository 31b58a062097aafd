#include "policy/engine/rate_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "wamp/base/random.h"

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

constexpr wamp::Instant start{1h};

bool take(RateTable& table, std::uint64_t key, double rate, wamp::Instant now) {
    if (!table.ready(key, rate, now)) return false;
    table.spend(key, rate, now);
    return true;
}

int taken(RateTable& table, std::uint64_t key, double rate, wamp::Instant now, int attempts) {
    int count = 0;
    for (int i = 0; i < attempts; ++i) count += take(table, key, rate, now) ? 1 : 0;
    return count;
}

TEST(RateTable, GivesOneSecondsWorthAtOnceAndThenTheRate) {
    RateTable table;
    EXPECT_EQ(taken(table, 1, 20, start, 100), 20);
    EXPECT_EQ(taken(table, 1, 20, start + 49ms, 10), 0);
    EXPECT_EQ(taken(table, 1, 20, start + 51ms, 10), 1);
    EXPECT_EQ(taken(table, 1, 20, start + 551ms, 100), 10);
    EXPECT_EQ(taken(table, 2, 20, start + 551ms, 100), 20);  // another one's
    EXPECT_EQ(taken(table, 1, 20, start + 1h, 100), 20);
}

TEST(RateTable, GivesAtLeastOneAtOnceForSlowRates) {
    RateTable table;
    EXPECT_EQ(taken(table, 1, 1.0 / 60, start, 10), 1);
    EXPECT_EQ(taken(table, 1, 1.0 / 60, start + 59s, 10), 0);
    EXPECT_EQ(taken(table, 1, 1.0 / 60, start + 61s, 10), 1);
}

TEST(RateTable, HasNoLimitWhereThereIsNone) {
    RateTable table;
    EXPECT_EQ(taken(table, 1, 0, start, 1000), 1000);
    EXPECT_EQ(table.bytes(), 0U);
}

// A bucket of tokens, as one would write it down.
class Bucket {
public:
    Bucket(double rate, wamp::Instant now)
        : rate_(rate), tokens_(std::max(1.0, rate)), filled_(now) {}
    bool take(wamp::Instant now) {
        const std::chrono::duration<double> passed = now - filled_;
        tokens_ = std::min(std::max(1.0, rate_), tokens_ + passed.count() * rate_);
        filled_ = now;
        if (tokens_ < 1) return false;
        tokens_ -= 1;
        return true;
    }

private:
    double rate_;
    double tokens_;
    wamp::Instant filled_;
};

TEST(RateTable, AgreesWithABucketOfTokens) {
    wamp::Random random({5});
    for (const double rate : {0.1, 1.0, 3.0, 7.5, 50.0}) {
        RateTable table;
        Bucket bucket(rate, start);
        wamp::Instant now = start;
        int differing = 0, all = 0;
        for (int i = 0; i < 5000; ++i) {
            now += std::chrono::microseconds(random.below(400'000));
            const bool one = take(table, 9, rate, now);
            differing += one != bucket.take(now) ? 1 : 0;
            all += one ? 1 : 0;
        }
        EXPECT_LE(differing, 4) << rate;  // by a rounding
        EXPECT_GT(all, 0);
    }
}

TEST(RateTable, DoesNotLoseTokensToRefusals) {
    RateTable table;
    int count = taken(table, 1, 1, start, 1);
    for (int ms = 1; ms <= 10'000; ++ms) {
        count += taken(table, 1, 1, start + std::chrono::milliseconds(ms), 1);
    }
    EXPECT_GE(count, 10);
    EXPECT_LE(count, 11);
}

TEST(RateTable, NeverGrowsAndForgetsWhomItCostsLeast) {
    RateTable table(64);
    take(table, 1, 1.0 / 3600, start);  // full again in an hour
    const std::size_t bytes = table.bytes();
    wamp::Random random({3});
    for (int i = 0; i < 100'000; ++i) EXPECT_TRUE(take(table, random.next() | 2, 10, start));
    EXPECT_EQ(table.bytes(), bytes);
    EXPECT_FALSE(table.ready(1, 1.0 / 3600, start + 1s))
        << "many that come cannot wash an empty bucket away";
}

}  // namespace
}  // namespace sallyport::policy
