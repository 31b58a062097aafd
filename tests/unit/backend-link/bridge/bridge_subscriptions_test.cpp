#include "backend-link/bridge/bridge_subscriptions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/backend-link/bridge/bridge_world.h"
#include "wamp/base/random.h"
#include "wamp/base/uri.h"

namespace sallyport::backend_link {
namespace {

const Dict prefix{{"match", "prefix"}};
const Dict wildcard{{"match", "wildcard"}};

std::string text(wamp::Id id) {
    return std::to_string(id);
}

// W-GWY-04, W-ORD-03
TEST(BridgeSubscriptions, AnswerWhenTheLinkHasConfirmed) {
    BridgeWorld world;
    const SessionId session = world.join();
    world.subscribe(session, 5, "lab.t");
    EXPECT_EQ(world.take(), (Lines{R"(link [32,1,{},"lab.t"])"}));
    world.link(wamp::Subscribed{1, 77});
    const auto answer = world.take_only<wamp::Subscribed>();
    EXPECT_EQ(answer.request, 5u);
    EXPECT_NE(answer.subscription, 77u);  // W-GWY-01
    EXPECT_EQ(world.bridge.counts().subscriptions, 1u);
}

// W-GWY-02
TEST(BridgeSubscriptions, SendNoOptionButMatch) {
    BridgeWorld world;
    world.subscribe(world.join(), 1, "lab.",
                    {{"match", "prefix"}, {"get_retained", true}, {"x", 1}});
    world.subscribe(world.join(), 1, "lab.t", {{"match", "exact"}, {"nkey", "a"}});
    EXPECT_EQ(world.take(),
              (Lines{R"(link [32,1,{"match":"prefix"},"lab."])", R"(link [32,2,{},"lab.t"])"}));
}

TEST(BridgeSubscriptions, AskTheLinkOncePerTopicAndMatch) {
    BridgeWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    world.subscribe(first, 1, "lab.t");
    world.subscribe(second, 1, "lab.t");
    world.subscribe(second, 2, "lab.t", prefix);
    EXPECT_EQ(world.take(),
              (Lines{R"(link [32,1,{},"lab.t"])", R"(link [32,2,{"match":"prefix"},"lab.t"])"}));
    world.link(wamp::Subscribed{1, 77});
    const Lines answers = world.take();
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(answers[0].substr(4), answers[1].substr(4));
    EXPECT_EQ(world.bridge.counts().subscriptions, 2u);
}

// W-PUB-02, W-PBS-04
TEST(BridgeSubscriptions, ShareOneFrontIdPerTopicAndMatch) {
    BridgeWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    const auto id = world.subscribed(first, 1, "lab.t", 77);
    EXPECT_EQ(world.subscribed(second, 1, "lab.t", 0), id);
    EXPECT_NE(world.subscribed(second, 2, "lab.t", 78, prefix), id);
}

// W-PUB-01, W-SUB-14, W-GWY-05
TEST(BridgeSubscriptions, GiveASessionThatSubscribesAgainTheSameIdAndOneEvent) {
    BridgeWorld world;
    const SessionId session = world.join();
    const auto id = world.subscribed(session, 1, "lab.t", 77);
    EXPECT_EQ(world.subscribed(session, 2, "lab.t", 0), id);
    world.link_event(77, 900, {}, json("[1]"));
    EXPECT_EQ(world.take(), (Lines{"101 [36," + text(id) + ",900,{},[1]]"}));
    EXPECT_TRUE(world.unsubscribe(session, 3, id));
    EXPECT_EQ(world.take(), (Lines{"101 [35,3]", "link [34,2,77]"}));
    EXPECT_FALSE(world.unsubscribe(session, 4, id));
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeSubscriptions, AnswerBothRequestsOfASessionThatAsksTwiceBeforeTheLinkConfirms) {
    BridgeWorld world;
    const SessionId session = world.join();
    world.subscribe(session, 1, "lab.t");
    world.subscribe(session, 2, "lab.t");
    world.out.clear();
    world.link(wamp::Subscribed{1, 77});
    EXPECT_EQ(world.take().size(), 2u);
    world.link_event(77, 900);
    EXPECT_EQ(world.take().size(), 1u);
}

// One encoding for all receivers (architecture: Envelopes).
TEST(BridgeSubscriptions, DeliverAnEventAsOneEntryForAllReceivers) {
    BridgeWorld world;
    const SessionId first = world.join();
    const auto id = world.subscribed(first, 1, "lab.t", 77);
    for (int i = 0; i < 49; ++i) world.subscribed(world.join(), 1, "lab.t", 0);
    const std::string args = "[1]";
    world.link_event(77, 900, {}, json(args));
    ASSERT_EQ(world.out.to_sessions.entries().size(), 1u);
    const auto& entry = world.out.to_sessions.entries()[0];
    EXPECT_EQ(world.out.to_sessions.receivers(entry).size(), 50u);
    EXPECT_EQ(std::get<wamp::Event>(entry.message).subscription, id);
    EXPECT_EQ(std::get<wamp::Event>(entry.message).payload.args.data(), args.data());
}

// W-GWY-11, W-SEC-25, W-PBS-02, W-R2R-07
TEST(BridgeSubscriptions, ScrubTheDetailsOfAnEventDownToTheTopicOfAPattern) {
    BridgeWorld world;
    const SessionId session = world.join();
    const auto exact = world.subscribed(session, 1, "lab.t", 77);
    const auto pattern = world.subscribed(session, 2, "lab.", 78, prefix);
    const Dict details{{"topic", "lab.t"}, {"publisher", 5}, {"x_acknowledged_delivery", true}};
    world.link_event(77, 900, details);
    world.link_event(78, 900, details);
    EXPECT_EQ(world.take(), (Lines{"101 [36," + text(exact) + ",900,{}]",
                                   "101 [36," + text(pattern) + R"(,900,{"topic":"lab.t"}])"}));
}

// W-SEC-07, W-GWY-05
TEST(BridgeSubscriptions, CheckTheConcreteTopicForEachReceiver) {
    BridgeWorld world;
    const SessionId user = world.join(full_client, "user");
    const SessionId guest = world.join(full_client, "guest");
    const auto id = world.subscribed(user, 1, "lab.", 78, prefix);
    world.subscribed(guest, 1, "lab.", 0, prefix);
    world.link_event(78, 900, {{"topic", "lab.secret.key"}});
    EXPECT_EQ(world.take(), (Lines{"101 [36," + text(id) + R"(,900,{"topic":"lab.secret.key"}])"}));
    world.link_event(78, 901, {{"topic", "lab.open"}});
    EXPECT_EQ(world.take().size(), 2u);
    world.leave(user);
    world.take();
    world.link_event(78, 902, {{"topic", "lab.secret.key"}});
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeSubscriptions, DropAnEventOfAPatternThatDoesNotSayItsTopicOrAnother) {
    BridgeWorld world;
    world.subscribed(world.join(), 1, "lab.a.", 78, prefix);
    world.link_event(78, 900);
    world.link_event(78, 901, {{"topic", "lab.b"}});
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeSubscriptions, DropAnEventOfASubscriptionThatThereIsNot) {
    BridgeWorld world;
    world.subscribed(world.join(), 1, "lab.t", 77);
    world.link_event(76, 900);
    EXPECT_EQ(world.take(), Lines{});
}

// W-PUB-03
TEST(BridgeSubscriptions, KnowNothingOfAnothersIdOrABackId) {
    BridgeWorld world;
    const SessionId holder = world.join();
    const SessionId other = world.join();
    const auto id = world.subscribed(holder, 1, "lab.t", 77);
    EXPECT_FALSE(world.unsubscribe(other, 1, id));
    EXPECT_FALSE(world.unsubscribe(holder, 2, 77));
    EXPECT_FALSE(world.unsubscribe(holder, 2, 0));
    EXPECT_EQ(world.take(), Lines{});
}

// W-ORD-05, W-SUB-02
TEST(BridgeSubscriptions, SendNoEventAfterUnsubscribed) {
    BridgeWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    const auto id = world.subscribed(first, 1, "lab.t", 77);
    world.subscribed(second, 1, "lab.t", 0);
    EXPECT_TRUE(world.unsubscribe(first, 2, id));
    EXPECT_EQ(world.take(), (Lines{"101 [35,2]"}));
    world.link_event(77, 900);
    EXPECT_EQ(world.take(), (Lines{"102 [36," + text(id) + ",900,{}]"}));
    EXPECT_TRUE(world.unsubscribe(second, 2, id));
    EXPECT_EQ(world.take(), (Lines{"102 [35,2]", "link [34,2,77]"}));
    world.link_event(77, 901);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_EQ(world.bridge.counts().subscriptions, 1u);
    world.link(wamp::Unsubscribed{2, {}});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeSubscriptions, AreGoneTooWhenTheRouterRefusesToUnsubscribe) {
    BridgeWorld world;
    const SessionId session = world.join();
    const auto id = world.subscribed(session, 1, "lab.t", 77);
    world.unsubscribe(session, 2, id);
    world.take();
    world.link_error(MessageType::unsubscribe, 2, uris::no_such_subscription);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

// W-GWY-04: what is under way for the old subscription must not reach the new one, though the
// router may give it the same id.
TEST(BridgeSubscriptions, TellGenerationsApartWhenUnsubscribeAndSubscribeCross) {
    for (const wamp::SubscriptionId again : {77u, 78u}) {
        BridgeWorld world;
        const SessionId session = world.join();
        const auto old = world.subscribed(session, 1, "lab.t", 77);
        world.unsubscribe(session, 2, old);
        world.subscribe(session, 3, "lab.t");
        EXPECT_EQ(world.take(),
                  (Lines{"101 [35,2]", "link [34,2,77]", R"(link [32,3,{},"lab.t"])"}));
        world.link_event(77, 900);
        world.link(wamp::Unsubscribed{2, {}});
        EXPECT_EQ(world.take(), Lines{});
        world.link(wamp::Subscribed{3, again});
        const auto fresh = world.take_only<wamp::Subscribed>().subscription;
        EXPECT_NE(fresh, old);  // W-ID-03
        world.link_event(again, 901);
        EXPECT_EQ(world.take(), (Lines{"101 [36," + text(fresh) + ",901,{}]"}));
        EXPECT_EQ(world.bridge.counts().subscriptions, 1u);
    }
}

TEST(BridgeSubscriptions, AreRefusedWithTheRoutersUriAndNothingElse) {
    BridgeWorld world;
    world.subscribe(world.join(), 5, "lab.t");
    world.subscribe(world.join(), 6, "lab.t");
    world.take();
    world.link_error(MessageType::subscribe, 1, uris::not_authorized, json(R"(["role 17"])"));
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,32,5,{},"wamp.error.not_authorized"])",
                                   R"(102 [8,32,6,{},"wamp.error.not_authorized"])"}));
    EXPECT_TRUE(world.empty());
}

TEST(BridgeSubscriptions, AreRefusedWhileTheLinkIsDown) {
    BridgeWorld world;
    const SessionId session = world.join();
    world.link_lost();
    world.subscribe(session, 1, "lab.t");
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,32,1,{},"wamp.error.unavailable"])"}));
    EXPECT_TRUE(world.empty());
}

TEST(BridgeSubscriptions, WithPatternsAreRefusedWhereTheRouterHasNone) {
    Profile profile;
    profile.pattern_options = false;
    BridgeWorld world(profile);
    world.subscribe(world.join(), 1, "lab.", prefix);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,32,1,{},"wamp.error.option_not_allowed"])"}));
}

TEST(BridgeSubscriptions, AreBoundedPerSession) {  // W-SEC-17
    BridgeWorld world;
    const SessionId session = world.join();
    for (std::size_t i = 1; i <= Subscriptions::subscriptions_per_session_max; ++i) {
        world.subscribe(session, i, "lab.t" + std::to_string(i));
    }
    EXPECT_TRUE(world.out.to_sessions.empty());
    world.out.clear();
    world.subscribe(session, 2000, "lab.more");
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,32,2000,{},"wamp.error.unavailable"])"}));
    world.subscribe(session, 2001, "lab.t1");
    EXPECT_EQ(world.take(), Lines{});
}

// W-SES-05
TEST(BridgeSubscriptions, EndWhenTheLastSessionLeaves) {
    BridgeWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    world.subscribed(first, 1, "lab.t", 77);
    world.subscribed(second, 1, "lab.t", 0);
    world.leave(first);
    EXPECT_EQ(world.take(), Lines{});
    world.leave(second);
    EXPECT_EQ(world.take(), (Lines{"link [34,2,77]"}));
    world.link(wamp::Unsubscribed{2, {}});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeSubscriptions, ThatNobodyWaitsForAnyMoreAreGivenBackWhenConfirmed) {
    BridgeWorld world;
    const SessionId session = world.join();
    world.subscribe(session, 1, "lab.t");
    world.leave(session);
    world.take();
    EXPECT_EQ(world.bridge.counts().subscriptions, 1u);
    world.link(wamp::Subscribed{1, 77});
    EXPECT_EQ(world.take(), (Lines{"link [34,2,77]"}));
    world.link(wamp::Unsubscribed{2, {}});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeSubscriptions, ThatWereAskedForServeALaterSessionWhenTheFirstLeft) {
    BridgeWorld world;
    const SessionId first = world.join();
    world.subscribe(first, 1, "lab.t");
    world.leave(first);
    world.subscribe(world.join(), 9, "lab.t");
    EXPECT_EQ(world.take(), (Lines{R"(link [32,1,{},"lab.t"])"}));
    world.link(wamp::Subscribed{1, 77});
    EXPECT_EQ(world.take_only<wamp::Subscribed>().request, 9u);
}

// W-GWY-09
TEST(BridgeSubscriptions, AreRestoredInTheirOrderUnderTheSameFrontIds) {
    BridgeWorld world;
    const SessionId session = world.join();
    const auto one = world.subscribed(session, 1, "lab.z", 77);
    const auto two = world.subscribed(session, 2, "lab.a", 78);
    const auto three = world.subscribed(session, 3, "lab.", 79, prefix);
    world.link_lost();
    EXPECT_EQ(world.take(), Lines{});
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [32,1,{},"lab.z"])", R"(link [32,2,{},"lab.a"])",
                                   R"(link [32,3,{"match":"prefix"},"lab."])"}));
    world.link(wamp::Subscribed{2, 501});
    world.link(wamp::Subscribed{1, 502});
    world.link(wamp::Subscribed{3, 503});
    EXPECT_EQ(world.take(), Lines{});
    world.link_event(77, 899);
    world.link_event(502, 900);
    world.link_event(501, 901);
    world.link_event(503, 902, {{"topic", "lab.q"}});
    EXPECT_EQ(world.take(),
              (Lines{"101 [36," + text(one) + ",900,{}]", "101 [36," + text(two) + ",901,{}]",
                     "101 [36," + text(three) + R"(,902,{"topic":"lab.q"}])"}));
}

TEST(BridgeSubscriptions, ThatAreNotConfirmedFailOnceWhenTheLinkIsLost) {
    BridgeWorld world;
    const SessionId session = world.join();
    world.subscribe(session, 1, "lab.t");
    world.take();
    world.link_lost();
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,32,1,{},"wamp.error.network_failure"])"}));
    EXPECT_TRUE(world.empty());
    world.link_up();
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeSubscriptions, KeepMembersAndFailWaitersWhenTheLinkIsLostDuringARestore) {
    BridgeWorld world;
    const SessionId member = world.join();
    const SessionId waiter = world.join();
    const auto id = world.subscribed(member, 1, "lab.t", 77);
    world.link_lost();
    world.link_up();
    world.subscribe(waiter, 4, "lab.t");
    world.subscribe(member, 2, "lab.t");
    EXPECT_EQ(world.take(), (Lines{R"(link [32,1,{},"lab.t"])"}));
    world.link_lost();
    EXPECT_EQ(world.take(), (Lines{R"(102 [8,32,4,{},"wamp.error.network_failure"])",
                                   R"(101 [8,32,2,{},"wamp.error.network_failure"])"}));
    world.link_up();
    world.take();
    world.link(wamp::Subscribed{1, 80});
    world.link_event(80, 900);
    EXPECT_EQ(world.take(), (Lines{"101 [36," + text(id) + ",900,{}]"}));
    EXPECT_TRUE(world.unsubscribe(member, 3, id));
    EXPECT_EQ(world.take(), (Lines{"101 [35,3]", "link [34,2,80]"}));
}

// W-SRV-01
TEST(BridgeSubscriptions, ThatTheRouterDoesNotTakeBackAreRevoked) {
    BridgeWorld world;
    const SessionId told = world.join(full_client);
    const SessionId untold = world.join(plain_client);
    const auto id = world.subscribed(told, 1, "lab.t", 77);
    world.subscribed(untold, 1, "lab.t", 0);
    world.link_lost();
    world.link_up();
    world.take();
    world.link_error(MessageType::subscribe, 1, uris::not_authorized);
    EXPECT_EQ(world.take(), (Lines{"101 [35,0,{\"subscription\":" + text(id) + "}]"}));
    EXPECT_TRUE(world.empty());
    EXPECT_FALSE(world.unsubscribe(told, 2, id));
    EXPECT_FALSE(world.unsubscribe(untold, 2, id));
    world.leave(told);
    EXPECT_EQ(world.take(), Lines{});
}

// W-SRV-01
TEST(BridgeSubscriptions, ThatTheRouterRevokesAreRevoked) {
    BridgeWorld world;
    const SessionId session = world.join();
    const auto id = world.subscribed(session, 1, "lab.t", 77);
    world.link(wamp::Unsubscribed{0, {{"subscription", 77}, {"reason", "secret reason"}}});
    EXPECT_EQ(world.take(), (Lines{"101 [35,0,{\"subscription\":" + text(id) + "}]"}));
    EXPECT_TRUE(world.empty());
    world.link(wamp::Unsubscribed{0, {{"subscription", 77}}});
    world.link(wamp::Unsubscribed{0, {}});
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeSubscriptions, EndWithoutTheLinkWhileItIsDown) {
    BridgeWorld world;
    const SessionId session = world.join();
    const SessionId other = world.join();
    const auto id = world.subscribed(session, 1, "lab.t", 77);
    world.subscribed(other, 1, "lab.u", 78);
    world.link_lost();
    EXPECT_TRUE(world.unsubscribe(session, 2, id));
    EXPECT_EQ(world.take(), (Lines{"101 [35,2]"}));
    world.leave(other);
    EXPECT_TRUE(world.empty());
    world.link_up();
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeSubscriptions, EndedDuringARestoreAreGivenBackWhenConfirmed) {
    BridgeWorld world;
    const SessionId session = world.join();
    const auto id = world.subscribed(session, 1, "lab.t", 77);
    world.link_lost();
    world.link_up();
    world.take();
    EXPECT_TRUE(world.unsubscribe(session, 2, id));
    EXPECT_EQ(world.take(), (Lines{"101 [35,2]"}));
    world.link(wamp::Subscribed{1, 80});
    EXPECT_EQ(world.take(), (Lines{"link [34,2,80]"}));
    world.link(wamp::Unsubscribed{2, {}});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeSubscriptions, AreFoundByExactPrefixAndWildcard) {
    BridgeWorld world;
    const SessionId session = world.join();
    world.subscribed(session, 1, "lab.a.b", 1);
    world.subscribed(session, 2, "lab.a", 2, prefix);
    world.subscribed(session, 3, "lab.", 3, prefix);
    world.subscribed(session, 4, "lab.b", 4, prefix);
    world.subscribed(session, 5, "lab..b", 5, wildcard);
    world.subscribed(session, 6, "lab..c", 6, wildcard);
    world.publish(session, 1, "lab.a.b", {{"exclude_me", false}});
    world.out.clear();
    world.link(wamp::Published{7, 900});
    EXPECT_EQ(world.take().size(), 4u);
    world.publish(session, 2, "lab.a", {{"exclude_me", false}});
    world.out.clear();
    world.link(wamp::Published{8, 901});
    EXPECT_EQ(world.take().size(), 2u);
}

std::string random_topic(wamp::Random& random, bool wild) {
    std::string topic = "lab";
    for (std::uint64_t more = 1 + random.below(3); more > 0; --more) {
        topic += '.';
        if (!wild || random.below(3) != 0) topic += static_cast<char>('a' + random.below(3));
    }
    return topic;
}

// W-URI-10: the index against the definition of matching, tried on every subscription.
TEST(BridgeSubscriptions, PublicationsReachExactlyTheSubscriptionsThatMatch) {
    struct Held {
        wamp::SubscriptionId id;
        std::string topic;
        wamp::MatchPolicy match;
    };
    BridgeWorld world;
    const SessionId publisher = world.join();
    const SessionId subscriber = world.join();
    std::vector<Held> held;
    wamp::Random random({4});
    for (wamp::RequestId step = 1; step <= 2000; ++step) {
        const auto match = static_cast<wamp::MatchPolicy>(random.below(3));
        const std::string wanted = random_topic(random, match == wamp::MatchPolicy::wildcard);
        const auto known = std::find_if(held.begin(), held.end(), [&](const Held& each) {
            return each.topic == wanted && each.match == match;
        });
        if (known == held.end()) {
            const Dict options{{"match", wamp::to_string(match)}};
            held.push_back(
                {world.subscribed(subscriber, step, wanted, 1000 + step, options), wanted, match});
        } else {
            ASSERT_TRUE(world.unsubscribe(subscriber, step, known->id));
            held.erase(known);
        }
        world.out.clear();
        const std::string topic = random_topic(random, false);
        world.publish(publisher, step, topic);
        const auto back = std::get<wamp::Publish>(world.out.to_link.back()).request;
        world.out.clear();
        world.link(wamp::Published{back, step});
        std::set<wamp::SubscriptionId> expected, reached;
        for (const Held& each : held) {
            if (wamp::matches(each.topic, each.match, topic)) expected.insert(each.id);
        }
        for (const auto& entry : world.out.to_sessions.entries()) {
            ASSERT_TRUE(reached.insert(std::get<wamp::Event>(entry.message).subscription).second);
        }
        ASSERT_EQ(reached, expected) << topic;
        world.out.clear();
    }
}

// W-BWL-01, W-BWL-03
TEST(BridgeSubscriptions, ApplyTheListsThatOurInsideSendsAlong) {
    BridgeWorld world(profile_of(BackendKind::sallyport));
    const SessionId ann = world.join(full_client, "user", "ann");
    const SessionId bob = world.join(full_client, "admin", "bob");
    const auto id = world.subscribed(ann, 1, "lab.t", 77);
    world.subscribed(bob, 1, "lab.t", 0);
    const auto receivers = [&](Dict lists) {
        world.link_event(77, 900, std::move(lists));
        std::string all;
        for (const std::string& line : world.take()) {
            EXPECT_EQ(line.substr(4), "[36," + text(id) + ",900,{}]") << "no list is shown";
            all += line.substr(0, 4);
        }
        return all;
    };
    EXPECT_EQ(receivers({}), "101 102 ");
    EXPECT_EQ(receivers({{"eligible", List{ann, 5}}}), "101 ");
    EXPECT_EQ(receivers({{"exclude", List{ann, 5}}}), "102 ");
    EXPECT_EQ(receivers({{"eligible_authid", List{"ann"}}}), "101 ");
    EXPECT_EQ(receivers({{"exclude_authid", List{"ann"}}}), "102 ");
    EXPECT_EQ(receivers({{"eligible_authrole", List{"user"}}}), "101 ");
    EXPECT_EQ(receivers({{"exclude_authrole", List{"user"}}}), "102 ");
    EXPECT_EQ(receivers({{"eligible", List{}}}), "");
    EXPECT_EQ(receivers({{"eligible", List{ann, bob}}, {"exclude_authrole", List{"admin"}}}),
              "101 ");
    const List many(Audience::list_entries_max + 1, wamp::Value(ann));
    EXPECT_EQ(receivers({{"eligible", many}}), "101 ") << "services may name more";
}

TEST(BridgeSubscriptions, TakeNoListsFromOtherRouters) {
    BridgeWorld world;
    world.subscribed(world.join(), 1, "lab.t", 77);
    world.link_event(77, 900, {{"eligible", List{}}});
    EXPECT_EQ(world.take().size(), 1u);
}

// W-EVR-02, W-SUB-15
TEST(BridgeSubscriptions, BringARetainedEventOnlyToWhomItIsFor) {
    BridgeWorld world(routes_policy);
    const SessionId ann = world.join(full_client, "user", "ann");
    const SessionId bob = world.join(full_client, "user", "bob");
    world.subscribed(ann, 1, "open.t", 77, {{"get_retained", true}});
    world.subscribe(bob, 1, "open.t", {{"get_retained", true}});
    world.take();
    const Dict for_bob{{"retained", true}, {"exclude_authid", List{"ann"}}};
    world.link_event(77, 800, for_bob);
    EXPECT_EQ(world.take(), Lines{});
    world.link(wamp::Subscribed{2, 77});
    world.take();
    world.link_event(77, 800, for_bob);
    const Lines lines = world.take();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].starts_with("102 ") && lines[0].ends_with(R"(,800,{"retained":true}])"))
        << lines[0];
}

}  // namespace
}  // namespace sallyport::backend_link
