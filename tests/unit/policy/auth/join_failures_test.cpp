#include "policy/auth/join_failures.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

constexpr FailureLimits limits{3, 1min};
constexpr wamp::Instant start{1h};

struct Counted {
    JoinFailures failures;
    wamp::Instant now = start;

    wamp::Duration fail(JoinSource source, const FailureLimits& bounds = limits) {
        return failures.count(source, bounds, now);
    }
    bool waits(JoinSource source) { return failures.waits(source, now); }
};

TEST(JoinFailures, StartAWaitAtTheLimit) {  // W-AUT-04
    Counted counted;
    EXPECT_EQ(counted.fail({7}), 0s);
    EXPECT_EQ(counted.fail({7}), 0s);
    EXPECT_FALSE(counted.waits({7}));
    EXPECT_EQ(counted.fail({7}), 1min);
    EXPECT_TRUE(counted.waits({7}));
    counted.now = start + 1min - 1ns;
    EXPECT_TRUE(counted.waits({7}));
    counted.now = start + 1min;
    EXPECT_FALSE(counted.waits({7}));
    EXPECT_EQ(counted.failures.failed(), 3U);
    EXPECT_EQ(counted.failures.waits(), 1U);
}

TEST(JoinFailures, DoubleTheWaitUpToItsBound) {
    Counted counted;
    counted.fail({7});
    counted.fail({7});
    for (const wamp::Duration due : {1min, 2min, 4min, 8min, 15min, 15min}) {
        EXPECT_EQ(counted.fail({7}), due);
        counted.now += due;
        EXPECT_FALSE(counted.waits({7}));
    }
    // A window above the bound stays as it is.
    for (int i = 0; i < 2; ++i) EXPECT_EQ(counted.fail({8}, {3, 20min}), 0s);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(counted.fail({8}, {3, 20min}), 20min);
    // Neither does a limit of one failure change that.
    EXPECT_EQ(counted.fail({9}, {1, 1s}), 1s);
    EXPECT_EQ(counted.fail({9}, {1, 1s}), 2s);
}

TEST(JoinFailures, BlockNobodyElse) {
    Counted counted;
    for (int i = 0; i < 1000; ++i) counted.fail({7, 0});
    for (int i = 0; i < 1000; ++i) counted.fail({0, 7});
    EXPECT_TRUE(counted.waits({7, 0}));
    EXPECT_TRUE(counted.waits({0, 7}));
    EXPECT_TRUE(counted.waits({7, 99})) << "of a circuit the address says nothing";
    EXPECT_FALSE(counted.waits({8, 0}));
    EXPECT_FALSE(counted.waits({8, 7}));
    EXPECT_FALSE(counted.waits({0, 8}));
}

TEST(JoinFailures, CountNothingWithoutASource) {
    Counted counted;
    for (int i = 0; i < 100; ++i) EXPECT_EQ(counted.fail({}), 0s);
    EXPECT_FALSE(counted.waits({}));
    EXPECT_FALSE(counted.failures.suspects({}, counted.now));
    EXPECT_EQ(counted.failures.entries(), 0U);
    EXPECT_EQ(counted.failures.failed(), 100U);
}

TEST(JoinFailures, AreForgottenAfterAsLongAsTheWaitWas) {
    Counted counted;
    counted.fail({1});
    EXPECT_TRUE(counted.failures.suspects({1}, counted.now + 1min - 1ns));
    EXPECT_FALSE(counted.failures.suspects({1}, counted.now + 1min));
    for (int i = 0; i < 4; ++i) counted.fail({2});  // waits for two minutes
    EXPECT_TRUE(counted.failures.suspects({2}, counted.now + 4min - 1ns));
    EXPECT_FALSE(counted.failures.suspects({2}, counted.now + 4min));
    counted.now += 4min;
    counted.fail({3});
    EXPECT_EQ(counted.failures.entries(), 1U);
    EXPECT_EQ(counted.fail({2}), 0s) << "as if nothing had been";
}

TEST(JoinFailures, ForgetThoseWhoFailedLeastBeyondTheirBound) {
    Counted counted;
    for (int i = 0; i < 3; ++i) counted.fail({1});
    ASSERT_TRUE(counted.waits({1}));
    // More circuits than there is room for: none of them frees the guesser, or harms another.
    for (std::uint64_t circuit = 2; circuit <= 3 * JoinFailures::entries_max; ++circuit) {
        counted.now += 1us;
        counted.fail({circuit});
        ASSERT_LE(counted.failures.entries(), JoinFailures::entries_max);
    }
    EXPECT_EQ(counted.failures.entries(), JoinFailures::entries_max);
    EXPECT_TRUE(counted.waits({1}));
    EXPECT_FALSE(counted.failures.suspects({2}, counted.now));
    EXPECT_FALSE(counted.waits({3 * JoinFailures::entries_max}));
}

}  // namespace
}  // namespace sallyport::policy
