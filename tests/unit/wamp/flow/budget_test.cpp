#include "wamp/flow/budget.h"

#include <cstddef>

#include <gtest/gtest.h>

namespace sallyport::wamp::flow {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

TEST(Budget, ActsInSteps) {
    Budget budget(1600);
    const auto at = [&](std::size_t used) {
        budget.set_used(used, 0);
        return budget.pressure();
    };
    EXPECT_EQ(at(0), Pressure::none);
    EXPECT_EQ(at(999), Pressure::none);
    EXPECT_EQ(at(1000), Pressure::slow);
    EXPECT_EQ(at(1399), Pressure::slow);
    EXPECT_EQ(at(1400), Pressure::full);
    EXPECT_EQ(budget.goal(), 1300u);
    EXPECT_EQ(at(1300), Pressure::slow);
    EXPECT_EQ(at(999), Pressure::none);
    EXPECT_EQ(budget.peak(), 1400u);
}

TEST(Budget, IsNotPressedByWhatTheHostHolds) {
    Budget budget(1600);
    budget.set_used(999, 10'000);
    EXPECT_EQ(budget.pressure(), Pressure::none);
    EXPECT_EQ(budget.peak(), 10'999u);
}

TEST(Budget, TellsOnceThatASpikeIsOver) {
    Budget budget(1000 * mib);
    budget.set_used(100 * mib, 0);
    EXPECT_FALSE(budget.take_spike());
    budget.set_used(60 * mib, 0);
    EXPECT_FALSE(budget.take_spike()) << "not over yet";
    budget.set_used(50 * mib, 0);
    EXPECT_TRUE(budget.take_spike());
    EXPECT_FALSE(budget.take_spike());
    budget.set_used(1 * mib, 0);
    EXPECT_TRUE(budget.take_spike());
    budget.set_used(0, 0);
    EXPECT_FALSE(budget.take_spike());
}

TEST(Budget, DoesNotCallSmallChangesASpike) {
    Budget budget(1000 * mib);
    budget.set_used(4 * mib - 1, 0);
    budget.set_used(0, 0);
    EXPECT_FALSE(budget.take_spike());
}

TEST(Budget, WithoutALimitHasNoPressure) {
    Budget budget(SIZE_MAX);
    budget.set_used(std::size_t{1} << 40, 0);
    EXPECT_EQ(budget.pressure(), Pressure::none);
}

}  // namespace
}  // namespace sallyport::wamp::flow
