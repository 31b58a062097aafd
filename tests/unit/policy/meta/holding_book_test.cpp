#include "policy/meta/holding_book.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

using wamp::HoldingChange;
using wamp::MatchPolicy;
using wamp::Timestamp;

HoldingChange added(wamp::SessionId session, wamp::Id id, std::string uri,
                    MatchPolicy match = MatchPolicy::exact, bool registration = false) {
    return {session, session, id, registration, true, match, std::move(uri)};
}
HoldingChange removed(wamp::SessionId session, wamp::Id id, bool registration = false) {
    return {.session = session, .by = session, .id = id, .registration = registration};
}

class HoldingBookTest : public testing::Test {
protected:
    HoldingBook::Applied apply(const HoldingChange& change, std::string_view realm = "lab") {
        return book_.apply(realm, change, Timestamp(7));
    }

    HoldingBook book_;
};

TEST_F(HoldingBookTest, SaysWhoIsFirstAndLast) {
    auto applied = apply(added(1, 5, "lab.t"));
    ASSERT_NE(applied.object, nullptr);
    EXPECT_TRUE(applied.first);
    EXPECT_EQ(applied.object->uri, "lab.t");
    EXPECT_EQ(applied.object->created, Timestamp(7));
    applied = apply(added(2, 5, "lab.t"));
    EXPECT_FALSE(applied.first);
    EXPECT_EQ(applied.object->members, (std::vector<wamp::SessionId>{1, 2}));
    applied = apply(removed(1, 5));
    EXPECT_FALSE(applied.last);
    applied = apply(removed(2, 5));
    EXPECT_TRUE(applied.last);
    EXPECT_EQ(book_.subscriptions("lab").size(), 1U);
    book_.forget("lab", removed(2, 5));
    EXPECT_EQ(book_.subscriptions("lab").size(), 0U);
    EXPECT_EQ(book_.subscriptions("lab").find("lab.t", MatchPolicy::exact), nullptr);
}

TEST_F(HoldingBookTest, KnowsNoHoldingTwiceAndEndsNoneThatIsNot) {
    apply(added(1, 5, "lab.t"));
    EXPECT_EQ(apply(added(1, 5, "lab.t")).object, nullptr);
    EXPECT_EQ(apply(removed(2, 5)).object, nullptr);
    EXPECT_EQ(apply(removed(1, 6)).object, nullptr);
    EXPECT_EQ(apply(removed(1, 5, true)).object, nullptr);
    book_.forget("lab", removed(1, 5));  // is still held
    book_.forget("other", removed(1, 5));
    EXPECT_EQ(book_.subscriptions("lab").size(), 1U);
}

TEST_F(HoldingBookTest, KeepsRealmsAndKindsApart) {
    apply(added(1, 5, "lab.t"));
    apply(added(2, 5, "lab.u"), "other");
    apply(added(3, 5, "lab.p", MatchPolicy::exact, true));
    EXPECT_EQ(book_.subscriptions("lab").find(5)->uri, "lab.t");
    EXPECT_EQ(book_.subscriptions("other").find(5)->uri, "lab.u");
    EXPECT_EQ(book_.registrations("lab").find(5)->uri, "lab.p");
    EXPECT_EQ(book_.registrations("other").size(), 0U);
    EXPECT_EQ(book_.registrations("nowhere").find(5), nullptr);
}

// W-RMA-03, W-SMA-02
TEST_F(HoldingBookTest, FindsWhatMatches) {
    apply(added(1, 1, "lab.a"));
    apply(added(1, 2, "lab.", MatchPolicy::prefix));
    apply(added(1, 3, "lab..x", MatchPolicy::wildcard));
    const auto& all = book_.subscriptions("lab");
    EXPECT_EQ(all.matching("lab.a").size(), 2U);
    EXPECT_EQ(all.best("lab.a")->id, 1U);
    EXPECT_EQ(all.best("lab.b")->id, 2U);
    EXPECT_EQ(all.best("plant.b"), nullptr);
    EXPECT_EQ(all.find("lab.", MatchPolicy::prefix)->id, 2U);
    EXPECT_EQ(all.find("lab.", MatchPolicy::exact), nullptr);
    ASSERT_EQ(all.all().size(), 3U);
    EXPECT_EQ(all.all()[2]->id, 3U);
}

TEST_F(HoldingBookTest, FindsTheNewerOfTwoWithOneName) {
    apply(added(1, 1, "lab.a"));
    apply(added(1, 2, "lab.a"));
    EXPECT_EQ(book_.subscriptions("lab").find("lab.a", MatchPolicy::exact)->id, 2U);
    apply(removed(1, 1));
    book_.forget("lab", removed(1, 1));
    EXPECT_EQ(book_.subscriptions("lab").find("lab.a", MatchPolicy::exact)->id, 2U);
}

TEST(WithoutMoves, LeavesOutWhatEndsAndBeginsAgain) {
    const auto left = without_moves({removed(1, 5), removed(2, 5), removed(1, 5, true),
                                     added(1, 5, "lab.t"), added(3, 5, "lab.t")});
    ASSERT_EQ(left.size(), 3U);
    EXPECT_EQ(left[0].session, 2U);
    EXPECT_TRUE(left[1].registration);
    EXPECT_EQ(left[2].session, 3U);
}

TEST(WithoutMoves, KeepsWhatBeginsAndEnds) {
    EXPECT_EQ(without_moves({added(1, 5, "lab.t"), removed(1, 5)}).size(), 2U);
}

}  // namespace
}  // namespace sallyport::policy
