#include "backend-link/link/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace sallyport::backend_link {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

wamp::Duration longest_of(std::uint32_t attempt, int tries) {
    wamp::Random random({1});
    wamp::Duration longest{};
    for (int i = 0; i < tries; ++i) {
        Backoff backoff(random.fork());
        for (std::uint32_t n = 0; n < attempt; ++n) backoff.next();
        longest = std::max(longest, backoff.next());
    }
    return longest;
}

TEST(Backoff, WaitsBelowABoundThatDoublesFromATenthOfASecondUpToFive) {
    const wamp::Duration bounds[] = {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5s, 5s, 5s};
    std::uint32_t attempt = 0;
    for (const wamp::Duration bound : bounds) {
        const wamp::Duration longest = longest_of(attempt++, 500);
        EXPECT_LE(longest, bound) << attempt;
        EXPECT_GT(longest, bound * 9 / 10) << attempt;
    }
}

TEST(Backoff, JittersOverTheWholeRangeDownToNothing) {
    wamp::Random random({2});
    wamp::Duration shortest = 1s;
    for (int i = 0; i < 500; ++i) {
        Backoff backoff(random.fork());
        shortest = std::min(shortest, backoff.next());
    }
    EXPECT_GE(shortest, 0ms);
    EXPECT_LT(shortest, 5ms);
}

TEST(Backoff, BeginsAnewAfterASuccess) {
    Backoff backoff(wamp::Random({3}));
    for (int i = 0; i < 20; ++i) backoff.next();
    EXPECT_EQ(backoff.attempts(), 20u);
    backoff.succeeded();
    EXPECT_EQ(backoff.attempts(), 0u);
    EXPECT_LE(backoff.next(), 100ms);
}

TEST(Backoff, NeverStopsTrying) {
    Backoff backoff(wamp::Random({4}));
    for (int i = 0; i < 10'000; ++i) ASSERT_LE(backoff.next(), 5s);
}

}  // namespace
}  // namespace sallyport::backend_link
