#include "backend-link/link/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace sallyport::backend_link {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

const wamp::Instant start{100s};

wamp::Duration longest_of(std::uint32_t attempt, int tries) {
    wamp::Random random({1});
    wamp::Duration longest{};
    for (int i = 0; i < tries; ++i) {
        Backoff backoff(random.fork());
        for (std::uint32_t n = 0; n < attempt; ++n) backoff.after_end(start);
        longest = std::max(longest, backoff.after_end(start));
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
        shortest = std::min(shortest, backoff.after_end(start));
    }
    EXPECT_GE(shortest, 0ms);
    EXPECT_LT(shortest, 5ms);
}

TEST(Backoff, BeginsAnewOnlyAfterTheLinkHasStoodForTenSeconds) {
    for (const wamp::Duration stood : {0ms, 50ms, 9999ms}) {
        Backoff backoff(wamp::Random({3}));
        for (std::uint32_t i = 0; i < 20; ++i) {
            EXPECT_EQ(backoff.attempts(), i) << stood.count();
            backoff.up(start);
            backoff.after_end(start + stood);
        }
    }
    Backoff backoff(wamp::Random({3}));
    for (int i = 0; i < 20; ++i) backoff.after_end(start);
    backoff.up(start);
    EXPECT_LE(backoff.after_end(start + Backoff::stood_for), 100ms);
    EXPECT_EQ(backoff.attempts(), 1u);
    EXPECT_LE(backoff.after_end(start + 1h), 200ms);  // it was not up in between
    EXPECT_EQ(backoff.attempts(), 2u);
}

TEST(Backoff, NeverWaitsLongForAPeerThatIsNotReached) {
    Backoff backoff(wamp::Random({5}));
    for (int i = 0; i < 20; ++i) backoff.after_end(start);
    EXPECT_LE(backoff.after_no_answer(), 100ms);
    wamp::Duration longest{};
    for (int i = 0; i < 10'000; ++i) longest = std::max(longest, backoff.after_no_answer());
    EXPECT_LE(longest, 300ms);
    EXPECT_GT(longest, 290ms);
    EXPECT_EQ(backoff.attempts(), 20u);  // whoever ends connections is still left alone
}

TEST(Backoff, NeverStopsTrying) {
    Backoff backoff(wamp::Random({4}));
    for (int i = 0; i < 10'000; ++i) ASSERT_LE(backoff.after_end(start), 5s);
}

}  // namespace
}  // namespace sallyport::backend_link
