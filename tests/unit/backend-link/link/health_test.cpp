#include "backend-link/link/health.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace sallyport::backend_link {
namespace {

using namespace std::chrono_literals;
using wamp::Instant;

class HealthTest : public testing::Test {
protected:
    void answer(int count, wamp::Duration took = 2ms) {
        for (int i = 0; i < count; ++i) health_.on_answer(took, now_);
    }
    void fail(int count) {
        for (int i = 0; i < count; ++i) health_.on_failure(now_);
    }
    void advance(wamp::Duration time) {
        now_ += time;
        health_.on_deadline(now_);
    }

    Instant now_{1h};
    Health health_;
};

TEST_F(HealthTest, CountsFailuresAndTheTimeOfAnswers) {
    answer(2, 4ms);
    answer(1, 1ms);
    fail(1);
    const auto last = health_.sums(now_);
    EXPECT_EQ(last.calls, 4U);
    EXPECT_EQ(last.failed, 1U);
    EXPECT_EQ(last.failed_percent(), 25U);
    EXPECT_EQ(last.latency(), 3ms);
    EXPECT_EQ(Health().sums(now_).latency(), 0ms);
}

TEST_F(HealthTest, ForgetsWhatIsTwoWindowsOld) {
    fail(3);
    advance(10s);
    answer(1);
    EXPECT_EQ(health_.sums(now_).calls, 4U);
    advance(9999ms);
    EXPECT_EQ(health_.sums(now_).calls, 4U);
    advance(1ms);
    EXPECT_EQ(health_.sums(now_).calls, 1U);
    advance(10s);
    EXPECT_EQ(health_.sums(now_).calls, 0U);
}

TEST_F(HealthTest, FailsWithHalfOfTenCalls) {
    answer(5);
    fail(4);
    EXPECT_FALSE(health_.fails(now_)) << "nine calls";
    fail(1);
    EXPECT_TRUE(health_.fails(now_));
    answer(1);
    EXPECT_FALSE(health_.fails(now_)) << "5 of 11";
}

TEST_F(HealthTest, IsEjectedLongerEachTimeUpToAMaximum) {
    std::vector<int> seconds;
    for (int i = 0; i < 12; ++i) {
        fail(10);
        ASSERT_TRUE(health_.fails(now_));
        health_.eject(now_);
        EXPECT_FALSE(health_.fails(now_)) << "only once";
        EXPECT_EQ(health_.share(now_), 0U);
        seconds.push_back(static_cast<int>((health_.deadline() - now_) / 1s));
        advance(health_.deadline() - now_ - 1ns);
        EXPECT_TRUE(health_.ejected());
        advance(1ns);
        EXPECT_FALSE(health_.ejected());
        EXPECT_EQ(health_.sums(now_).calls, 0U) << "a new chance";
        EXPECT_EQ(health_.deadline(), wamp::never);
    }
    EXPECT_EQ(seconds, (std::vector<int>{30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300}));
    advance(299s);
    health_.eject(now_);
    EXPECT_EQ(health_.ejected_for(), 300s);
    advance(300s);
    advance(300s);
    health_.eject(now_);
    EXPECT_EQ(health_.ejected_for(), 30s) << "it was calm for as long";
}

TEST_F(HealthTest, ReturnsSlowlyAfterAnEjectionAndAfterALostLinkButNotAtStart) {
    health_.on_up(now_);
    EXPECT_EQ(health_.share(now_), 100U);
    for (const bool lost : {true, false}) {
        if (lost) {
            health_.on_lost();
            advance(3s);
            health_.on_up(now_);
        } else {
            health_.eject(now_);
            advance(30s);
        }
        std::vector<std::uint32_t> shares;
        for (int i = 0; i < 6; ++i, advance(2s)) shares.push_back(health_.share(now_));
        EXPECT_EQ(shares, (std::vector<std::uint32_t>{1, 20, 40, 60, 80, 100}));
    }
}

}  // namespace
}  // namespace sallyport::backend_link
