#include "wamp/base/tally.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace sallyport::wamp {
namespace {

using Bound = Tally::Bound;

TEST(Tally, HasAsManyPlacesUnderAKeyAsItIsTold) {
    Tally tally;
    auto first = tally.acquire({Bound{1, 2}});
    const auto second = tally.acquire({Bound{1, 2}});
    EXPECT_TRUE(first && second);
    EXPECT_FALSE(tally.acquire({Bound{1, 2}}));
    EXPECT_TRUE(tally.acquire({Bound{2, 2}})) << "another key";
    first.reset();
    EXPECT_TRUE(tally.acquire({Bound{1, 2}}));
}

TEST(Tally, TakesNoPlaceAnywhereWhereOneIsMissing) {
    Tally tally;
    const auto held = tally.acquire({Bound{1, 5}, Bound{2, 1}, Bound{3, 5}});
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(tally.acquire({Bound{1, 5}, Bound{2, 1}, Bound{3, 5}}));
    }
    EXPECT_EQ(tally.counts(), 3u);
    EXPECT_TRUE(tally.acquire({Bound{1, 2}, Bound{4, 9}, Bound{3, 2}}));
}

TEST(Tally, CountsNothingWhereThereIsNoBound) {
    Tally tally;
    const auto first = tally.acquire({Bound{1, 0}});
    EXPECT_TRUE(first && tally.acquire({}));
    EXPECT_EQ(tally.counts(), 0u);
}

TEST(Tally, KeepsNothingOfWhatHasEnded) {
    Tally tally;
    for (std::uint64_t i = 1; i <= 1000; ++i) {
        const auto lease = tally.acquire({Bound{i, 1}, Bound{i + 5000, 1}});
        EXPECT_TRUE(lease.has_value());
        EXPECT_EQ(tally.counts(), 2u);
    }
    EXPECT_EQ(tally.counts(), 0u);
}

TEST(Tally, LeasesMoveAndAreGivenBackOnce) {
    Tally tally;
    {
        auto one = *tally.acquire({Bound{1, 1}});
        Tally::Lease two = std::move(one);
        Tally::Lease three;
        three = std::move(two);
        EXPECT_EQ(tally.counts(), 1u);
        auto four = *tally.acquire({Bound{2, 1}});
        four = std::move(three);
        EXPECT_FALSE(tally.acquire({Bound{1, 1}}));
    }
    EXPECT_EQ(tally.counts(), 0u);
}

}  // namespace
}  // namespace sallyport::wamp
