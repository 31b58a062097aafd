// What a realm takes away from a session that is there, and how it tells it (W-SRV-01, W-RRV).
#include <gtest/gtest.h>

#include "tests/unit/wamp/router/world.h"
#include "wamp/message/uris.h"

namespace sallyport::wamp {
namespace {

using test::World;

Features revocable() {
    Features all = test::all_features();
    all.add(Feature::callee_registration_revocation);
    all.add(Feature::subscriber_subscription_revocation);
    return all;
}

void revoke(World& world, const Realm::Holding& holding) {
    world.feed([&](Deliveries& out) { world.realm.revoke(holding, uris::not_authorized, out); });
}

TEST(Revocation, ListsWhatEverySessionHolds) {
    World world;
    world.join(2);
    world.join(1);
    const auto topic = world.subscribe(2, "b.topic", Dict{{"match", "prefix"}});
    const auto procedure = world.enroll(2, "b.procedure");
    world.subscribe(1, "b.topic");
    const auto holdings = world.realm.holdings();
    ASSERT_EQ(holdings.size(), 3U);
    EXPECT_EQ(holdings[0].session, 1U);
    EXPECT_EQ(holdings[0].uri, "b.topic");
    EXPECT_EQ(holdings[0].match, MatchPolicy::exact);
    EXPECT_EQ(holdings[1].session, 2U);
    EXPECT_FALSE(holdings[1].registration);
    EXPECT_EQ(holdings[1].id, topic);
    EXPECT_EQ(holdings[1].match, MatchPolicy::prefix);
    EXPECT_TRUE(holdings[2].registration);
    EXPECT_EQ(holdings[2].id, procedure);
    EXPECT_EQ(holdings[2].uri, "b.procedure");
}

TEST(Revocation, OfASubscriptionIsNotifiedAndEndsItsEvents) {
    World world;
    world.join(1, revocable());
    world.join(2);
    const auto id = world.subscribe(1, "topic");
    world.subscribe(2, "topic");
    revoke(world, world.realm.holdings()[0]);
    ASSERT_NE(world.last<Unsubscribed>(1), nullptr);
    EXPECT_EQ(world.last<Unsubscribed>(1)->request, 0U);
    EXPECT_EQ(world.last<Unsubscribed>(1)->details.get_uint("subscription", 0), id);
    EXPECT_EQ(world.last<Unsubscribed>(1)->details.get_string("reason"), uris::not_authorized);
    world.publish(2, "topic", Dict{{"exclude_me", false}});
    EXPECT_EQ(world.all<Event>(1).size(), 0U);
    EXPECT_EQ(world.all<Event>(2).size(), 1U);
    EXPECT_EQ(world.realm.holdings().size(), 1U);

    revoke(world, {1, false, id, MatchPolicy::exact, "topic"});  // it has it no longer
    revoke(world, {9, false, id, MatchPolicy::exact, "topic"});  // nobody
    EXPECT_EQ(world.all<Unsubscribed>(1).size(), 1U);
}

TEST(Revocation, OfARegistrationIsNotifiedAndLeavesOpenInvocations) {
    World world;
    world.join(1, revocable());
    world.join(2);
    const auto id = world.enroll(1, "procedure");
    const RequestId call = world.call(2, "procedure");
    ASSERT_NE(world.last<Invocation>(1), nullptr);
    const RequestId invocation = world.last<Invocation>(1)->request;
    revoke(world, world.realm.holdings()[0]);
    ASSERT_NE(world.last<Unregistered>(1), nullptr);
    EXPECT_EQ(world.last<Unregistered>(1)->request, 0U);
    EXPECT_EQ(world.last<Unregistered>(1)->details.get_uint("registration", 0), id);
    world.send(1, Yield{invocation, {}, {}});
    ASSERT_NE(world.last<CallResult>(2), nullptr);
    EXPECT_EQ(world.last<CallResult>(2)->request, call);
    world.call(2, "procedure");
    ASSERT_NE(world.last<Error>(2), nullptr);
    EXPECT_EQ(world.last<Error>(2)->uri, uris::no_such_procedure);
    EXPECT_EQ(world.realm.counts().registrations, 0U);
}

TEST(Revocation, IsNotSentToClientsWithoutTheFeature) {
    World world;
    world.join(1);
    world.subscribe(1, "topic");
    world.enroll(1, "procedure");
    for (const auto& holding : world.realm.holdings()) revoke(world, holding);
    EXPECT_EQ(world.last<Unsubscribed>(1), nullptr);
    EXPECT_EQ(world.last<Unregistered>(1), nullptr);
    EXPECT_EQ(world.realm.holdings().size(), 0U);
    EXPECT_EQ(world.realm.counts().subscriptions, 0U);
}

}  // namespace
}  // namespace sallyport::wamp
