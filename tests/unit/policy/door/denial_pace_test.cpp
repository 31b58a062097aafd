#include "policy/door/denial_pace.h"

#include <chrono>

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

class Pace : public testing::Test {
protected:
    /// How many denials it takes until the peer is paused.
    int denials_until_paused() {
        for (int count = 1; count < 1000; ++count) {
            pace_.count(peer_, now_);
            if (pace_.take_paused()) return count;
        }
        return 1000;
    }
    std::size_t resumed() {
        wamp::Outbox out;
        pace_.on_deadline(now_, out);
        return out.size();
    }

    wamp::Instant now_{1h};
    Peer peer_;
    DenialPace pace_{10};
};

TEST_F(Pace, GivesOneSecondsWorthForNothing) {
    EXPECT_EQ(denials_until_paused(), 11);
    EXPECT_FALSE(pace_.take_paused()) << "it is told once";
    EXPECT_EQ(pace_.deadline(), now_ + 100ms);
}

TEST_F(Pace, PausesAPeerUntilItHasWaitedForTheExcess) {
    denials_until_paused();
    now_ += 99ms;
    EXPECT_EQ(resumed(), 0u);
    now_ += 1ms;
    EXPECT_EQ(resumed(), 1u);
    EXPECT_EQ(pace_.deadline(), wamp::never);
    EXPECT_EQ(denials_until_paused(), 1);
}

TEST_F(Pace, ForgetsWhatIsPaid) {
    denials_until_paused();
    now_ += 2s;
    EXPECT_EQ(resumed(), 1u);
    EXPECT_EQ(denials_until_paused(), 11);
}

TEST_F(Pace, DoesNotPauseWhoIsDeniedAtTheRate) {
    for (int i = 0; i < 100; ++i, now_ += 100ms) {
        pace_.count(peer_, now_);
        EXPECT_FALSE(pace_.take_paused());
    }
}

}  // namespace
}  // namespace sallyport::policy
