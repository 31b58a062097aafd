#include "backend-link/bridge/flat_map.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "wamp/base/random.h"

namespace sallyport::backend_link {
namespace {

TEST(FlatMap, FindsWhatWasPutIn) {
    FlatMap<wamp::Id, int> map;
    EXPECT_EQ(map.find(7), nullptr);
    EXPECT_FALSE(map.erase(7));
    map[7] = 70;
    map[wamp::id_max] = 1;
    ASSERT_NE(map.find(7), nullptr);
    EXPECT_EQ(*map.find(7), 70);
    EXPECT_EQ(map[7], 70);
    EXPECT_EQ(map.size(), 2u);
    EXPECT_TRUE(map.erase(7));
    EXPECT_EQ(map.find(7), nullptr);
    EXPECT_EQ(*map.find(wamp::id_max), 1);
}

TEST(FlatMap, KnowsNothingOfTheKeyThatIsNone) {
    FlatMap<wamp::Id, int> map;
    map[1] = 1;
    EXPECT_EQ(map.find(0), nullptr);
    EXPECT_FALSE(map.erase(0));
    EXPECT_EQ(map.size(), 1u);
    EXPECT_DEATH(map[0] = 1, "key == Key");
}

TEST(FlatMap, HoldsValuesThatOnlyMove) {
    FlatMap<wamp::Id, std::unique_ptr<int>> map;
    for (wamp::Id id = 1; id <= 100; ++id) map[id] = std::make_unique<int>(static_cast<int>(id));
    for (wamp::Id id = 1; id <= 100; id += 2) map.erase(id);
    for (wamp::Id id = 2; id <= 100; id += 2) EXPECT_EQ(**map.find(id), static_cast<int>(id));
}

// All keys want the same place, so that every removal has to close a gap.
struct OnePlace {
    std::size_t operator()(wamp::Id) const noexcept { return 13; }
};

template <class Map>
void agrees_with_a_tree(std::uint64_t keys) {
    Map map;
    std::map<wamp::Id, int> model;
    wamp::Random random({6});
    for (int step = 0; step < 20'000; ++step) {
        const wamp::Id key = random.below(keys) + 1;
        if (random.below(2) == 0) {
            ASSERT_EQ(map.erase(key), model.erase(key) != 0);
        } else {
            map[key] = step;
            model[key] = step;
        }
        ASSERT_EQ(map.size(), model.size());
    }
    std::map<wamp::Id, int> seen;
    map.for_each([&](wamp::Id key, int value) { seen[key] = value; });
    EXPECT_EQ(seen, model);
    for (wamp::Id key = 1; key <= keys; ++key) {
        const int* found = map.find(key);
        ASSERT_EQ(found != nullptr, model.contains(key));
        if (found != nullptr) {
            ASSERT_EQ(*found, model[key]);
        }
    }
}

TEST(FlatMap, AgreesWithATreeUnderRandomChanges) {
    agrees_with_a_tree<FlatMap<wamp::Id, int>>(5000);
}

TEST(FlatMap, AgreesWithATreeWhenAllKeysCollide) {
    agrees_with_a_tree<FlatMap<wamp::Id, int, OnePlace>>(40);
}

TEST(FlatMap, IsEmptyAfterClear) {
    FlatMap<wamp::Id, int> map;
    for (wamp::Id id = 1; id <= 5000; ++id) map[id] = 1;
    map.clear();
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(map.find(1), nullptr);
    map[1] = 2;
    EXPECT_EQ(map.size(), 1u);
}

TEST(FlatMap, WorksOnAfterABurstHasGone) {
    FlatMap<wamp::Id, int> map;
    for (wamp::Id id = 1; id <= 5000; ++id) map[id] = 1;
    for (wamp::Id id = 1; id <= 5000; ++id) ASSERT_TRUE(map.erase(id));
    EXPECT_EQ(map.find(1), nullptr);
    map[1] = 2;
    EXPECT_EQ(*map.find(1), 2);
}

}  // namespace
}  // namespace sallyport::backend_link
