#include "wamp/router/broker.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/wamp/router/world.h"
#include "wamp/message/uris.h"

namespace sallyport::wamp {
namespace {

using test::args;
using test::World;

const Dict prefix{{"match", "prefix"}};
const Dict wildcard{{"match", "wildcard"}};
const Dict acknowledged{{"acknowledge", true}};

class BrokerTest : public testing::Test {
protected:
    BrokerTest() {
        for (SessionId id = 1; id <= 4; ++id) world_.join(id);
    }
    World world_;
};

// W-PUB-01, W-SUB-14
TEST_F(BrokerTest, SubscribingAgainGivesTheSameSubscription) {
    const SubscriptionId first = world_.subscribe(1, "a.b");
    EXPECT_EQ(world_.subscribe(1, "a.b"), first);
    world_.publish(2, "a.b");
    EXPECT_EQ(world_.all<Event>(1).size(), 1u);
    world_.send(1, Unsubscribe{world_.next_request(1), first, {}});
    EXPECT_NE(world_.last<Unsubscribed>(1), nullptr);
    world_.publish(2, "a.b");
    EXPECT_EQ(world_.all<Event>(1).size(), 1u);
    const RequestId again = world_.next_request(1);
    world_.send(1, Unsubscribe{again, first, {}});
    EXPECT_EQ(world_.error(1, Unsubscribe::type, again), uris::no_such_subscription);
}

// W-PUB-02
TEST_F(BrokerTest, OneTopicIsOneSubscriptionForAll) {
    EXPECT_EQ(world_.subscribe(1, "a.b"), world_.subscribe(2, "a.b"));
    EXPECT_EQ(world_.realm.counts().subscriptions, 1u);
}

// W-PBS-04
TEST_F(BrokerTest, TheSameTopicUnderAnotherMatchIsAnotherSubscription) {
    const std::set<SubscriptionId> ids{world_.subscribe(1, "a.b"),
                                       world_.subscribe(1, "a.b", prefix),
                                       world_.subscribe(1, "a.b", wildcard)};
    EXPECT_EQ(ids.size(), 3u);
}

// W-GWY-18
TEST_F(BrokerTest, ACopyIsForTheSessionsWithinAndNotForOtherGateways) {
    const Dict copy{{"_copy", true}};
    world_.join(11, {}, "gateway", "gateway", true);
    world_.join(12, {}, "gateway", "gateway", true);
    for (const SessionId id : {1U, 11U, 12U}) world_.subscribe(id, "a.b");
    world_.publish(11, "a.b", copy);
    EXPECT_EQ(world_.all<Event>(1).size(), 1u);
    EXPECT_EQ(world_.all<Event>(12).size(), 0u);
    world_.publish(11, "a.b");
    EXPECT_EQ(world_.all<Event>(12).size(), 1u);
    world_.publish(2, "a.b", copy);
    EXPECT_EQ(world_.all<Event>(12).size(), 2u) << "a service has no such option";
}

// W-ID-03
TEST_F(BrokerTest, SubscriptionIdsAreNeverUsedAgain) {
    const SubscriptionId first = world_.subscribe(1, "a.b");
    world_.send(1, Unsubscribe{world_.next_request(1), first, {}});
    EXPECT_EQ(world_.realm.counts().subscriptions, 0u);
    EXPECT_NE(world_.subscribe(1, "a.b"), first);
}

// W-PUB-03
TEST_F(BrokerTest, AForeignSubscriptionCannotBeEnded) {
    const SubscriptionId foreign = world_.subscribe(1, "a.b");
    for (const SubscriptionId id : {foreign, foreign + 100}) {
        const RequestId request = world_.next_request(2);
        world_.send(2, Unsubscribe{request, id, {}});
        EXPECT_EQ(world_.error(2, Unsubscribe::type, request), uris::no_such_subscription);
    }
    world_.publish(2, "a.b");
    EXPECT_NE(world_.last<Event>(1), nullptr);
}

// W-URI-03, W-URI-04
TEST_F(BrokerTest, BadTopicsAreRefusedByAnError) {
    for (const char* topic : {"a..b", "", "a b", "a.#"}) {
        world_.subscribe(1, topic);
        EXPECT_EQ(world_.error(1, Subscribe::type, world_.next_request(1) - 1), uris::invalid_uri);
    }
    EXPECT_NE(world_.subscribe(1, "a..b", wildcard), 0u);
    EXPECT_NE(world_.subscribe(1, "a.", prefix), 0u);
    EXPECT_NE(world_.subscribe(1, "", prefix), 0u);
}

// W-PUB-04
TEST_F(BrokerTest, APublicationIsAnsweredOnlyWhenAsked) {
    world_.publish(1, "a.b");
    world_.publish(1, "a..b");
    world_.publish(1, "wamp.session.on_join");
    EXPECT_TRUE(world_.sent_to(1).empty());
    const RequestId request = world_.publish(1, "a.b", acknowledged);
    ASSERT_NE(world_.last<Published>(1), nullptr);
    EXPECT_EQ(world_.last<Published>(1)->request, request);
    const RequestId bad = world_.publish(1, "a..b", acknowledged);
    EXPECT_EQ(world_.error(1, Publish::type, bad), uris::invalid_uri);
}

// W-URI-06, W-SEC-05
TEST_F(BrokerTest, NoClientPublishesUnderWamp) {
    world_.subscribe(2, "", prefix);
    for (const char* topic : {"wamp", "wamp.session.on_join"}) {
        const RequestId request = world_.publish(1, topic, acknowledged);
        EXPECT_EQ(world_.error(1, Publish::type, request), uris::invalid_uri);
    }
    world_.publish(1, "wampum.x");
    EXPECT_EQ(world_.all<Event>(2).size(), 1u);
}

TEST_F(BrokerTest, AnEventCarriesThePayloadAsItCame) {
    world_.subscribe(1, "a.b");
    const Payload payload{Serializer::json, "[1]", "{\"k\":2}"};
    world_.publish(2, "a.b", {}, payload);
    const Event* event = world_.last<Event>(1);
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(event->payload.args.data(), payload.args.data()) << "borrowed, not copied";
    EXPECT_EQ(event->payload.kwargs, payload.kwargs);
    EXPECT_EQ(event->payload.serializer, Serializer::json);
    EXPECT_TRUE(event->details.empty());
}

// W-PUB-05
TEST_F(BrokerTest, EveryPublicationHasItsOwnId) {
    world_.subscribe(1, "a.b");
    std::set<PublicationId> ids;
    for (int i = 0; i < 100; ++i) world_.publish(2, "a.b");
    for (const Event& event : world_.all<Event>(1)) {
        EXPECT_TRUE(is_valid_id(event.publication));
        ids.insert(event.publication);
    }
    EXPECT_EQ(ids.size(), 100u);
}

TEST_F(BrokerTest, TheAcknowledgedIdIsThatOfTheEvents) {
    world_.subscribe(1, "a.b");
    world_.publish(2, "a.b", acknowledged);
    EXPECT_EQ(world_.last<Event>(1)->publication, world_.last<Published>(2)->publication);
}

// One entry for all receivers: encoded once, however many there are.
TEST_F(BrokerTest, AnEventForManyIsOneDelivery) {
    for (SessionId id = 1; id <= 4; ++id) world_.subscribe(id, "a.b");
    world_.publish(1, "a.b");
    EXPECT_EQ(world_.entries, 1u);
    for (SessionId id = 2; id <= 4; ++id) EXPECT_EQ(world_.all<Event>(id).size(), 1u);
}

// W-SUB-08, W-PBS-01, W-PBS-02, W-PUB-07
TEST_F(BrokerTest, APublisherWithThreeMatchingSubscriptionsHearsItselfThreeTimesOrNever) {
    const SubscriptionId exact = world_.subscribe(1, "a.b");
    world_.subscribe(1, "a", prefix);
    world_.subscribe(1, "a.", wildcard);
    world_.publish(1, "a.b");
    EXPECT_TRUE(world_.all<Event>(1).empty());
    world_.publish(1, "a.b", Dict{{"exclude_me", false}});
    const std::vector<Event> events = world_.all<Event>(1);
    ASSERT_EQ(events.size(), 3u);
    std::set<SubscriptionId> subscriptions;
    for (const Event& event : events) {
        subscriptions.insert(event.subscription);
        EXPECT_EQ(event.publication, events[0].publication);
        EXPECT_EQ(event.details.get_string("topic"), event.subscription == exact ? "" : "a.b");
    }
    EXPECT_EQ(subscriptions.size(), 3u);
}

// W-PUB-08
TEST_F(BrokerTest, PublishedPrecedesThePublishersOwnEvent) {
    world_.subscribe(1, "a.b");
    world_.forget();
    world_.publish(1, "a.b", Dict{{"exclude_me", false}, {"acknowledge", true}});
    ASSERT_EQ(world_.sent_to(1).size(), 2u);
    EXPECT_TRUE(std::holds_alternative<Published>(world_.sent_to(1)[0]));
    EXPECT_TRUE(std::holds_alternative<Event>(world_.sent_to(1)[1]));
}

// W-SUB-01, W-ORD-03, W-ORD-05
TEST_F(BrokerTest, EventsComeOnlyBetweenSubscribedAndUnsubscribed) {
    world_.publish(2, "a.b");
    const SubscriptionId id = world_.subscribe(1, "a.b");
    world_.publish(2, "a.b");
    world_.send(1, Unsubscribe{world_.next_request(1), id, {}});
    world_.publish(2, "a.b");
    const std::vector<Message>& sent = world_.sent_to(1);
    ASSERT_EQ(sent.size(), 3u);
    EXPECT_TRUE(std::holds_alternative<Subscribed>(sent[0]));
    EXPECT_TRUE(std::holds_alternative<Event>(sent[1]));
    EXPECT_TRUE(std::holds_alternative<Unsubscribed>(sent[2]));
}

// W-PBS-03
TEST_F(BrokerTest, EndingOneOfTwoMatchingSubscriptionsKeepsTheOther) {
    const SubscriptionId exact = world_.subscribe(1, "a.b");
    const SubscriptionId pattern = world_.subscribe(1, "a.", prefix);
    world_.send(1, Unsubscribe{world_.next_request(1), exact, {}});
    world_.publish(2, "a.b");
    ASSERT_EQ(world_.all<Event>(1).size(), 1u);
    EXPECT_EQ(world_.all<Event>(1)[0].subscription, pattern);
}

// W-SUB-12
TEST_F(BrokerTest, ListsChooseTheReceivers) {
    world_.join(11, test::all_features(), "x", "a");
    world_.join(12, test::all_features(), "x", "b");
    world_.join(13, test::all_features(), "y", "a");
    for (const SessionId id : {11u, 12u, 13u}) world_.subscribe(id, "t");
    world_.forget();
    world_.publish(1, "t", Dict{{"eligible", List{}}});
    for (const SessionId id : {11u, 12u, 13u}) EXPECT_TRUE(world_.sent_to(id).empty());
    world_.publish(1, "t", Dict{{"eligible_authrole", List{"a"}}, {"eligible_authid", List{"x"}}});
    EXPECT_EQ(world_.sent_to(11).size(), 1u);
    EXPECT_TRUE(world_.sent_to(12).empty());
    EXPECT_TRUE(world_.sent_to(13).empty());
    world_.publish(1, "t", Dict{{"exclude", List{11}}, {"exclude_authrole", List{"b"}}});
    EXPECT_EQ(world_.sent_to(11).size(), 1u);
    EXPECT_TRUE(world_.sent_to(12).empty());
    EXPECT_EQ(world_.sent_to(13).size(), 1u);
}

// W-BWL-03
TEST_F(BrokerTest, ALinkGetsTheListsWithTheEventAndNobodyElseDoes) {
    world_.join(11, test::all_features(), "gate", "gateway", true);
    world_.join(12, test::all_features(), "y", "a");
    world_.subscribe(11, "t");
    world_.subscribe(12, "t");
    const Dict lists{{"exclude", List{77}}, {"eligible_authid", List{"y"}}};
    Dict options = lists;
    options.append("disclose_me", true);
    world_.publish(1, "t", options);
    ASSERT_NE(world_.last<Event>(11), nullptr);
    ASSERT_NE(world_.last<Event>(12), nullptr);
    EXPECT_EQ(world_.last<Event>(11)->details, (Dict{{"exclude", List{77}},
                                                     {"eligible_authid", List{"y"}},
                                                     {"publisher", 1},
                                                     {"publisher_authid", "own"},
                                                     {"publisher_authrole", "role"}}));
    EXPECT_EQ(
        world_.last<Event>(12)->details,
        (Dict{{"publisher", 1}, {"publisher_authid", "own"}, {"publisher_authrole", "role"}}));
    world_.publish(1, "t");
    EXPECT_EQ(world_.last<Event>(11)->details, Dict());
}

// W-SUB-13, W-PUB-09, W-PID-01
TEST_F(BrokerTest, OnlySubscribersThatAnnouncedItLearnWhoPublished) {
    world_.join(9, test::no_features());
    world_.subscribe(1, "a.b");
    world_.subscribe(9, "a.b");
    world_.publish(2, "a.b", Dict{{"disclose_me", true}});
    EXPECT_EQ(world_.entries, 2u);
    EXPECT_EQ(
        world_.last<Event>(1)->details,
        (Dict{{"publisher", 2}, {"publisher_authid", "own"}, {"publisher_authrole", "role"}}));
    EXPECT_TRUE(world_.last<Event>(9)->details.empty());
    EXPECT_EQ(world_.last<Event>(1)->publication, world_.last<Event>(9)->publication);
}

TEST_F(BrokerTest, NobodyLearnsWhoPublishedUnlessThePublisherSaysSo) {
    world_.subscribe(1, "a.b");
    world_.publish(2, "a.b");
    EXPECT_TRUE(world_.last<Event>(1)->details.empty());
}

// The publisher of a conveyed publication is the principal behind the link, not the link's session.
TEST_F(BrokerTest, DisclosedPublisherIsTheConveyedOne) {
    world_.subscribe(1, "a.", prefix);
    world_.send_as(2, {77, "alice", "operator"},
                   Publish{world_.next_request(2), Dict{{"disclose_me", true}}, "a.b", {}});
    EXPECT_EQ(world_.last<Event>(1)->details, (Dict{{"topic", "a.b"},
                                                    {"publisher", 77},
                                                    {"publisher_authid", "alice"},
                                                    {"publisher_authrole", "operator"}}));
}

// W-PID-02, W-SEC-01, W-TRL-02: options of the publisher never become details by themselves.
TEST_F(BrokerTest, OptionsAreNotCopiedIntoDetails) {
    world_.subscribe(1, "a.b");
    world_.publish(2, "a.b",
                   Dict{{"publisher", 5},
                        {"publisher_authid", "root"},
                        {"trustlevel", 9},
                        {"topic", "x"},
                        {"forward_for", List{}}});
    EXPECT_TRUE(world_.last<Event>(1)->details.empty());
}

// W-ORD-01
TEST_F(BrokerTest, EventsKeepTheOrderOfPublication) {
    world_.subscribe(1, "a.b");
    world_.subscribe(1, "a.c");
    const std::string_view numbers = "0123456789";
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        world_.publish(2, i % 3 == 0 ? "a.c" : "a.b", {}, args(numbers.substr(i, 1)));
    }
    std::string seen;
    for (const Event& event : world_.all<Event>(1)) seen += event.payload.args;
    EXPECT_EQ(seen, numbers);
}

TEST_F(BrokerTest, NothingIsLeftOfSubscribersThatWent) {
    world_.subscribe(1, "a.b");
    world_.subscribe(2, "a.b");
    world_.subscribe(2, "a.", wildcard);
    world_.leave(2);
    EXPECT_EQ(world_.realm.counts().subscriptions, 1u);
    world_.forget();
    world_.publish(3, "a.b");
    EXPECT_TRUE(world_.sent_to(2).empty());
    EXPECT_EQ(world_.sent_to(1).size(), 1u);
    world_.leave(1);
    EXPECT_EQ(world_.realm.counts().subscriptions, 0u);
}

}  // namespace
}  // namespace sallyport::wamp
