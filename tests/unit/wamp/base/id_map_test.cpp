#include "wamp/base/id_map.h"

#include <gtest/gtest.h>

#include <set>

namespace sallyport::wamp {
namespace {

TEST(IdMap, FindsTheValueOfAKeyOrNothing) {
    IdMap<int> map;
    EXPECT_EQ(find_in(map, Id{7}), nullptr);
    map[7] = 70;
    ASSERT_NE(find_in(map, Id{7}), nullptr);
    EXPECT_EQ(*find_in(map, Id{7}), 70);
    IdPairMap<int> pairs;
    pairs[{1, 2}] = 12;
    EXPECT_EQ(*find_in(pairs, IdPair{1, 2}), 12);
    EXPECT_EQ(find_in(pairs, IdPair{2, 1}), nullptr);
}

// Ids that are counted up differ in their low bits alone, pairs often in one of the two.
TEST(IdMap, HashesNeighboursApart) {
    std::set<std::size_t> low, high;
    for (Id id = 1; id <= 4096; ++id) {
        const std::size_t hash = IdPairHash{}({77, id});
        low.insert(hash & 0xFFF);
        high.insert(hash >> 52);
    }
    EXPECT_GT(low.size(), 2000u);
    EXPECT_GT(high.size(), 2000u);
}

TEST(IdMap, GivesTheMemoryOfABurstBackAndWorksOn) {
    IdMap<int> map;
    map.reserve(busy_entries);
    const std::size_t buckets = map.bucket_count();
    for (Id id = 1; id <= 5000; ++id) map[id] = 1;
    for (Id id = 1; id <= 5000; ++id) {
        ASSERT_EQ(map.erase(id), 1u);
        trim_if_empty(map);
        ASSERT_EQ(map.bucket_count() > buckets, id < 5000);
    }
    map[1] = 2;
    EXPECT_EQ(*find_in(map, Id{1}), 2);
}

}  // namespace
}  // namespace sallyport::wamp
