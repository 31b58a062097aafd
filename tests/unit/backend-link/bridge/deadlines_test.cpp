#include "backend-link/bridge/deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "wamp/base/random.h"

namespace sallyport::backend_link {
namespace {

wamp::Instant at(std::uint64_t ns) {
    return wamp::Instant(wamp::Duration(static_cast<std::int64_t>(ns)));
}

TEST(Deadlines, AreNeverDueWhenThereAreNone) {
    Deadlines deadlines;
    EXPECT_EQ(deadlines.next(), wamp::never);
    deadlines.clear(3);
    deadlines.set(3, wamp::never);
    EXPECT_EQ(deadlines.next(), wamp::never);
}

TEST(Deadlines, TellTheFirst) {
    Deadlines deadlines;
    deadlines.set(5, at(50));
    deadlines.set(0, at(10));
    deadlines.set(9, at(30));
    EXPECT_EQ(deadlines.next(), at(10));
    EXPECT_EQ(deadlines.first(), 0u);
    deadlines.clear(0);
    EXPECT_EQ(deadlines.first(), 9u);
}

TEST(Deadlines, MoveBothWays) {
    Deadlines deadlines;
    deadlines.set(1, at(10));
    deadlines.set(2, at(20));
    deadlines.set(1, at(30));
    EXPECT_EQ(deadlines.first(), 2u);
    deadlines.set(1, at(5));
    EXPECT_EQ(deadlines.first(), 1u);
    deadlines.set(1, wamp::never);
    EXPECT_EQ(deadlines.first(), 2u);
}

TEST(Deadlines, AgreeWithASearchThroughAllOfThem) {
    Deadlines deadlines;
    std::map<Deadlines::Slot, wamp::Instant> model;
    wamp::Random random({5});
    for (int step = 0; step < 20'000; ++step) {
        const auto slot = static_cast<Deadlines::Slot>(random.below(40));
        if (random.below(3) == 0) {
            deadlines.clear(slot);
            model.erase(slot);
        } else {
            const wamp::Instant due = at(random.below(1000));
            deadlines.set(slot, due);
            model[slot] = due;
        }
        wamp::Instant first = wamp::never;
        for (const auto& [each, due] : model) first = std::min(first, due);
        ASSERT_EQ(deadlines.next(), first);
        if (first != wamp::never) {
            ASSERT_EQ(model.at(deadlines.first()), first);
        }
    }
}

}  // namespace
}  // namespace sallyport::backend_link
