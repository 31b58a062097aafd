#include "wamp/base/recent_ids.h"

#include <gtest/gtest.h>

namespace sallyport::wamp {
namespace {

TEST(RecentIdsTest, KnowsTheNewest) {
    RecentIds ids(2);
    ids.add(1);
    ids.add(1);
    ids.add(2);
    EXPECT_TRUE(ids.contains(1));
    ids.add(3);
    EXPECT_FALSE(ids.contains(1));
    EXPECT_TRUE(ids.contains(2));
    EXPECT_TRUE(ids.contains(3));
    EXPECT_EQ(ids.size(), 2u);
}

TEST(RecentIdsTest, ForgetsWhatIsErased) {
    RecentIds ids(2);
    ids.add(1);
    ids.erase(1);
    ids.erase(5);
    EXPECT_FALSE(ids.contains(1));
    for (Id id = 2; id < 100; ++id) {
        ids.add(id);
        ids.erase(id);
    }
    EXPECT_EQ(ids.size(), 0u);
    ids.add(7);
    ids.clear();
    EXPECT_FALSE(ids.contains(7));
}

}  // namespace
}  // namespace sallyport::wamp
