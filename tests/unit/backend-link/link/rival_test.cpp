#include "backend-link/link/rival.h"

#include <gtest/gtest.h>

#include <chrono>

namespace sallyport::backend_link {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Verdict = Rival::Verdict;

const wamp::Instant start{100s};
constexpr wamp::PeerId second{7};

TEST(Rival, IsNobodyAtFirst) {
    const Rival rival;
    EXPECT_FALSE(rival.exists());
    EXPECT_FALSE(rival.is(wamp::no_peer));
    EXPECT_EQ(rival.deadline(), wamp::never);
    EXPECT_EQ(rival.on_deadline(start, start), Verdict::none);
}

TEST(Rival, IsRefusedIfTheFirstOneAnswersTheProbe) {
    for (const bool suspect : {false, true}) {
        const wamp::Duration wait = suspect ? 100ms : 1000ms;
        for (const wamp::Duration answered : {wamp::Duration{1}, wait - 1ms}) {
            Rival rival;
            rival.begin(second, "10.0.0.7:4711", suspect, start);
            EXPECT_TRUE(rival.is(second));
            EXPECT_EQ(rival.address(), "10.0.0.7:4711");
            EXPECT_EQ(rival.deadline(), start + wait);
            EXPECT_EQ(rival.on_deadline(start + wait - 1ms, start + answered), Verdict::none);
            EXPECT_EQ(rival.on_deadline(start + wait, start + answered), Verdict::refuse);
        }
    }
}

TEST(Rival, TakesTheLinkIfTheFirstOneIsSilent) {
    for (const wamp::Duration before : {0s, 1s, 9s}) {
        for (const bool suspect : {false, true}) {
            const wamp::Duration wait = suspect ? 100ms : 1000ms;
            Rival rival;
            rival.begin(second, "", suspect, start);
            EXPECT_EQ(rival.on_deadline(start + wait - 1ms, start - before), Verdict::none);
            EXPECT_EQ(rival.on_deadline(start + wait, start - before), Verdict::take);
        }
    }
}

TEST(Rival, MakesRoomForAnotherOne) {
    Rival rival;
    rival.begin(second, "", false, start);
    EXPECT_EQ(rival.end(), second);
    EXPECT_FALSE(rival.exists());
    EXPECT_EQ(rival.deadline(), wamp::never);
    EXPECT_EQ(rival.end(), wamp::no_peer);
}

}  // namespace
}  // namespace sallyport::backend_link
