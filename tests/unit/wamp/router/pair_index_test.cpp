#include "wamp/router/pair_index.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "tests/unit/wamp/router/world.h"

namespace sallyport::wamp {
namespace {

TEST(PairIndex, FindsWhatWasInserted) {
    PairIndex index;
    EXPECT_EQ(index.find(1, 2), nullptr);
    index.insert(1, 2, 77);
    ASSERT_NE(index.find(1, 2), nullptr);
    EXPECT_EQ(*index.find(1, 2), 77u);
    EXPECT_EQ(index.find(2, 1), nullptr);
    EXPECT_EQ(index.find(1, 0), nullptr);
}

TEST(PairIndex, ErasesOnce) {
    PairIndex index;
    index.insert(1, 2, 77);
    EXPECT_TRUE(index.erase(1, 2));
    EXPECT_FALSE(index.erase(1, 2));
    EXPECT_EQ(index.find(1, 2), nullptr);
    EXPECT_EQ(index.size(), 0u);
}

TEST(PairIndex, ValueCanBeChangedInPlace) {
    PairIndex index;
    index.insert(5, 0, 1);
    ++*index.find(5, 0);
    EXPECT_EQ(*index.find(5, 0), 2u);
}

// The same steps on a map of the standard library, over few keys, so that searches run into one
// another.
TEST(PairIndex, DoesWhatAMapDoes) {
    Random random = test::random();
    PairIndex index;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> model;
    for (int step = 0; step < 60'000; ++step) {
        const std::uint64_t first = 1 + random.below(8);
        const std::uint64_t second = random.below(step < 30'000 ? 40 : 4);
        const auto known = model.find({first, second});
        const std::uint32_t* found = index.find(first, second);
        ASSERT_EQ(found != nullptr, known != model.end());
        if (found != nullptr) {
            ASSERT_EQ(*found, known->second);
            ASSERT_TRUE(index.erase(first, second));
            model.erase(known);
        } else {
            index.insert(first, second, static_cast<std::uint32_t>(step));
            model[{first, second}] = static_cast<std::uint32_t>(step);
        }
        ASSERT_EQ(index.size(), model.size());
    }
    for (const auto& [key, value] : model) EXPECT_EQ(*index.find(key.first, key.second), value);
}

}  // namespace
}  // namespace sallyport::wamp
