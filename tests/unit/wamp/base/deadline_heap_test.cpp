#include "wamp/base/deadline_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "wamp/base/random.h"

namespace sallyport::wamp {
namespace {

Instant at(std::int64_t ms) {
    return Instant(std::chrono::milliseconds(ms));
}

TEST(DeadlineHeap, EmptyIsNeverDue) {
    DeadlineHeap heap;
    EXPECT_EQ(heap.next(), never);
    EXPECT_EQ(heap.of(3), never);
    heap.erase(3);
    EXPECT_EQ(heap.size(), 0u);
}

TEST(DeadlineHeap, TheEarliestIsFirst) {
    DeadlineHeap heap;
    heap.set(0, at(30));
    heap.set(1, at(10));
    heap.set(2, at(20));
    EXPECT_EQ(heap.next(), at(10));
    EXPECT_EQ(heap.first(), 1u);
    heap.erase(1);
    EXPECT_EQ(heap.first(), 2u);
    EXPECT_EQ(heap.next(), at(20));
}

TEST(DeadlineHeap, ADeadlineMovesBothWays) {
    DeadlineHeap heap;
    heap.set(0, at(10));
    heap.set(1, at(20));
    heap.set(0, at(30));
    EXPECT_EQ(heap.first(), 1u);
    heap.set(0, at(5));
    EXPECT_EQ(heap.first(), 0u);
    EXPECT_EQ(heap.size(), 2u);
    EXPECT_EQ(heap.of(0), at(5));
}

TEST(DeadlineHeap, NeverGivesADeadlineUp) {
    DeadlineHeap heap;
    heap.set(0, at(10));
    heap.set(0, never);
    EXPECT_EQ(heap.size(), 0u);
    EXPECT_EQ(heap.next(), never);
}

TEST(DeadlineHeap, DoesWhatAMapDoes) {
    Random random = Random({1});
    DeadlineHeap heap;
    std::map<std::uint32_t, Instant> model;
    for (int step = 0; step < 30'000; ++step) {
        const auto item = static_cast<std::uint32_t>(random.below(60));
        if (random.below(3) == 0) {
            heap.erase(item);
            model.erase(item);
        } else {
            const Instant when = at(static_cast<std::int64_t>(random.below(1000)));
            heap.set(item, when);
            model[item] = when;
        }
        ASSERT_EQ(heap.size(), model.size());
        const auto earliest = std::min_element(
            model.begin(), model.end(), [](auto& a, auto& b) { return a.second < b.second; });
        ASSERT_EQ(heap.next(), earliest == model.end() ? never : earliest->second);
        if (!model.empty()) {
            ASSERT_EQ(model.at(heap.first()), heap.next());
        }
    }
}

}  // namespace
}  // namespace sallyport::wamp
