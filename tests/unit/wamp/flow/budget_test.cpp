#include "wamp/flow/budget.h"

#include <cstddef>

#include <gtest/gtest.h>

namespace sallyport::wamp::flow {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

TEST(Budget, ActsInSteps) {
    Budget budget(800);
    const auto at = [&](std::size_t used) {
        budget.set_used(used);
        return budget.pressure();
    };
    EXPECT_EQ(at(0), Pressure::none);
    EXPECT_EQ(at(499), Pressure::none);
    EXPECT_EQ(at(500), Pressure::slow);
    EXPECT_EQ(at(600), Pressure::refuse);
    EXPECT_EQ(at(700), Pressure::strangers);
    EXPECT_EQ(at(799), Pressure::strangers);
    EXPECT_EQ(at(800), Pressure::members);
    EXPECT_EQ(at(499), Pressure::none);
    EXPECT_EQ(budget.peak(), 800u);
}

TEST(Budget, FreesOneStepMoreThanItMust) {
    Budget budget(800);
    budget.set_used(699);
    EXPECT_EQ(budget.excess(), 0u);
    budget.set_used(710);
    EXPECT_EQ(budget.excess(), 110u);
    budget.set_used(1000);
    EXPECT_EQ(budget.excess(), 300u);
}

TEST(Budget, TellsOnceThatASpikeIsOver) {
    Budget budget(1000 * mib);
    budget.set_used(100 * mib);
    EXPECT_FALSE(budget.take_spike());
    budget.set_used(60 * mib);
    EXPECT_FALSE(budget.take_spike()) << "not over yet";
    budget.set_used(50 * mib);
    EXPECT_TRUE(budget.take_spike());
    EXPECT_FALSE(budget.take_spike());
    budget.set_used(1 * mib);
    EXPECT_TRUE(budget.take_spike());
    budget.set_used(0);
    EXPECT_FALSE(budget.take_spike());
}

TEST(Budget, DoesNotCallSmallChangesASpike) {
    Budget budget(1000 * mib);
    budget.set_used(4 * mib - 1);
    budget.set_used(0);
    EXPECT_FALSE(budget.take_spike());
}

TEST(Budget, WithoutALimitHasNoPressure) {
    Budget budget(SIZE_MAX);
    budget.set_used(std::size_t{1} << 40);
    EXPECT_EQ(budget.pressure(), Pressure::none);
}

}  // namespace
}  // namespace sallyport::wamp::flow
