#include "backend-link/bridge/front_ids.h"

#include <gtest/gtest.h>

#include <optional>

namespace sallyport::backend_link {
namespace {

TEST(FrontIds, NamesTheLinkOfWhatAFollowupRefersTo) {
    FrontIds ids(99);
    ids.calls.insert(101, 1, {2, 0});
    ids.invocations.insert(101, 1, {3, 0});
    ids.subscriptions.add(101, 55, 4);
    ids.registrations.add(101, 55, 5);
    const auto link = [&](wamp::SessionId from, const wamp::Message& message) {
        return ids.link_of(from, message);
    };
    EXPECT_EQ(link(101, wamp::Cancel{1, {}}), 2u);
    EXPECT_EQ(link(101, wamp::Yield{1, {}, {}}), 3u);
    EXPECT_EQ(link(101, wamp::Error{wamp::MessageType::invocation, 1, {}, "a.b", {}}), 3u);
    EXPECT_EQ(link(101, wamp::Unsubscribe{9, 55, {}}), 4u);
    EXPECT_EQ(link(101, wamp::Unregister{9, 55, {}}), 5u);
}

TEST(FrontIds, KnowsNothingOfOtherIdsAndOtherSessions) {
    FrontIds ids(99);
    ids.calls.insert(101, 1, {2, 0});
    ids.invocations.insert(101, 3, {2, 0});
    ids.subscriptions.add(101, 55, 4);
    ids.registrations.add(101, 56, 4);
    for (const wamp::SessionId from : {101u, 102u}) {
        const wamp::Id other = from == 101 ? 1 : 0;  // added to what the other session has
        EXPECT_EQ(ids.link_of(from, wamp::Cancel{1 + other, {}}), std::nullopt);
        EXPECT_EQ(ids.link_of(from, wamp::Yield{3 + other, {}, {}}), std::nullopt);
        EXPECT_EQ(ids.link_of(from, wamp::Unsubscribe{9, 55 + other, {}}), std::nullopt);
        EXPECT_EQ(ids.link_of(from, wamp::Unregister{9, 56 + other, {}}), std::nullopt);
    }
}

TEST(FrontIds, NamesTheFirstLinkOfWhatSeveralHave) {
    FrontIds ids(99);
    for (const LinkNumber link : {63u, 7u, 2u}) ids.subscriptions.add(101, 55, link);
    EXPECT_EQ(ids.link_of(101, wamp::Unsubscribe{9, 55, {}}), 2u);
    EXPECT_TRUE(ids.subscriptions.of(101, 55).has(63));
    EXPECT_FALSE(ids.subscriptions.remove(101, 55, 2));
    EXPECT_EQ(ids.link_of(101, wamp::Unsubscribe{9, 55, {}}), 7u);
    EXPECT_FALSE(ids.subscriptions.remove(101, 55, 7));
    EXPECT_TRUE(ids.subscriptions.remove(101, 55, 63)) << "that was the last";
    EXPECT_EQ(ids.subscriptions.size(), 0u);
}

TEST(FrontIds, OneSessionHasOneOpenRequestOfAnId) {
    FrontRequests requests(99);
    EXPECT_TRUE(requests.insert(101, 1, {2, 7}));
    EXPECT_FALSE(requests.insert(101, 1, {3, 8}));
    EXPECT_TRUE(requests.insert(102, 1, {3, 8}));
    EXPECT_EQ(requests.find(101, 1)->slot, 7u);
    requests.erase(101, 1);
    EXPECT_EQ(requests.find(101, 1), nullptr);
    EXPECT_EQ(requests.size(), 1u);
}

}  // namespace
}  // namespace sallyport::backend_link
