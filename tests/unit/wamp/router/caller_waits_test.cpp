#include "wamp/router/caller_waits.h"

#include <vector>

#include <gtest/gtest.h>

namespace sallyport::wamp {
namespace {

constexpr CallerWaits::Caller alice{1, 7};
constexpr CallerWaits::Caller bob{1, 8};
using Changes = std::vector<CallerWaits::Change>;

TEST(CallerWaits, LetsACallerWaitBeyondTheLimitUntilHalfOfIt) {
    CallerWaits waits(100);
    waits.add(alice, 100);
    EXPECT_FALSE(waits.has_changes()) << "at the limit";
    waits.add(alice, 1);
    EXPECT_EQ(waits.take_changes(), (Changes{{alice, true}}));
    waits.add(alice, 50);
    waits.remove(alice, 100);
    EXPECT_FALSE(waits.has_changes()) << "51 are left";
    waits.remove(alice, 1);
    EXPECT_EQ(waits.take_changes(), (Changes{{alice, false}}));
    waits.remove(alice, 50);
    EXPECT_FALSE(waits.has_changes());
}

TEST(CallerWaits, CountsEachCallerOfALinkAlone) {
    CallerWaits waits(100);
    waits.add(alice, 60);
    waits.add(bob, 60);
    EXPECT_FALSE(waits.has_changes());
    waits.add(bob, 60);
    EXPECT_EQ(waits.take_changes(), (Changes{{bob, true}}));
}

TEST(CallerWaits, ForgetsACallerOfWhomNothingIsHeld) {
    CallerWaits waits(100);
    waits.add(alice, 150);
    waits.remove(alice, 150);
    EXPECT_EQ(waits.take_changes(), (Changes{{alice, true}, {alice, false}}));
    waits.add(alice, 100);
    EXPECT_FALSE(waits.has_changes());
}

}  // namespace
}  // namespace sallyport::wamp
