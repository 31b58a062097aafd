// What follows a request of the same session does not overtake it (W-ORD-05, W-ORD-07).
#include <gtest/gtest.h>

#include <string>

#include "backend-link/bridge/bridge.h"
#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

const Dict retained{{"get_retained", true}};

std::string text(wamp::Id id) {
    return std::to_string(id);
}

/// Other sessions hold a subscription for `open.t` or `hold.t`, so that its id does not change.
class BridgeOrder : public testing::Test {
protected:
    BridgeOrder()
        : world_(profile_of(BackendKind::generic), full_router, routes_policy),
          other_(world_.join()),
          session_(world_.join()) {}

    wamp::SubscriptionId both_hold(std::string_view topic) {
        world_.subscribed(other_, 1, topic, 77);
        return world_.subscribed(session_, 1, topic, 77);
    }
    /// The lines of the session, without those of the other one.
    Lines told() {
        Lines lines;
        for (std::string& line : world_.take()) {
            if (line.starts_with("102 ")) lines.push_back(std::move(line));
        }
        return lines;
    }

    BridgeWorld world_;
    SessionId other_;
    SessionId session_;
};

TEST_F(BridgeOrder, AnUnsubscribeWaitsForTheSubscribeBeforeIt) {
    const auto id = both_hold("open.t");
    world_.subscribe(session_, 2, "open.t", retained);
    world_.take();
    EXPECT_TRUE(world_.unsubscribe(session_, 3, id));
    EXPECT_EQ(told(), Lines{});
    world_.link_event(77, 900);
    EXPECT_EQ(told(), (Lines{"102 [36," + text(id) + ",900,{}]"})) << "it has not left yet";
    world_.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(told(), (Lines{"102 [33,2," + text(id) + "]", "102 [35,3]"}));
    world_.link_event(77, 800, {{"retained", true}});
    world_.link_event(77, 901);
    EXPECT_EQ(told(), Lines{});
    EXPECT_FALSE(world_.unsubscribe(session_, 4, id));
}

TEST_F(BridgeOrder, ASubscribeWaitsForTheUnsubscribeBeforeIt) {
    const auto id = both_hold("open.t");
    world_.subscribe(session_, 2, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 3, id));
    world_.subscribe(session_, 4, "open.t");
    EXPECT_EQ(told(), Lines{});
    world_.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(told(),
              (Lines{"102 [33,2," + text(id) + "]", "102 [35,3]", "102 [33,4," + text(id) + "]"}));
    world_.link_event(77, 800, {{"retained", true}});
    EXPECT_EQ(told(), Lines{}) << "the subscription that asked for it has ended";
    world_.link_event(77, 901);
    EXPECT_EQ(told(), (Lines{"102 [36," + text(id) + ",901,{}]"}));
}

TEST_F(BridgeOrder, EachOfSeveralPairsEndsWithItsOwnRetainedEvent) {
    const auto id = both_hold("open.t");
    world_.subscribe(session_, 2, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 3, id));
    world_.subscribe(session_, 4, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 5, id));
    world_.subscribe(session_, 6, "open.t", retained);
    EXPECT_EQ(told(), Lines{});
    world_.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(told(), (Lines{"102 [33,2," + text(id) + "]", "102 [35,3]"}));
    world_.link(wamp::Subscribed{3, 77});
    EXPECT_EQ(told(), (Lines{"102 [33,4," + text(id) + "]", "102 [35,5]"}));
    world_.link(wamp::Subscribed{4, 77});
    EXPECT_EQ(told(), (Lines{"102 [33,6," + text(id) + "]"}));
    world_.link_event(77, 800, {{"retained", true}});
    EXPECT_EQ(told(), (Lines{"102 [36," + text(id) + R"(,800,{"retained":true}])"}));
}

// W-PUB-01: one UNSUBSCRIBE ends what two SUBSCRIBEs began.
TEST_F(BridgeOrder, OneUnsubscribeEndsAllSubscribesBeforeIt) {
    const auto id = both_hold("open.t");
    world_.subscribe(session_, 2, "open.t", retained);
    world_.subscribe(session_, 3, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 4, id));
    world_.take();
    world_.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(told(), (Lines{"102 [33,2," + text(id) + "]"}));
    world_.link(wamp::Subscribed{3, 77});
    EXPECT_EQ(told(), (Lines{"102 [33,3," + text(id) + "]", "102 [35,4]"}));
    world_.link_event(77, 901);
    EXPECT_EQ(told(), Lines{});
}

TEST_F(BridgeOrder, ARouterThatAnswersInAnotherOrderChangesNothing) {
    const auto id = both_hold("open.t");
    world_.subscribe(session_, 2, "open.t", retained);
    world_.subscribe(session_, 3, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 4, id));
    world_.take();
    world_.link(wamp::Subscribed{3, 77});
    EXPECT_EQ(told(), Lines{});
    world_.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(told(),
              (Lines{"102 [33,2," + text(id) + "]", "102 [33,3," + text(id) + "]", "102 [35,4]"}));
}

TEST_F(BridgeOrder, ARefusedSubscribeLeavesTheUnsubscribeToWhatWasBefore) {
    const auto id = both_hold("open.t");
    world_.subscribe(session_, 2, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 3, id));
    world_.take();
    world_.link_error(MessageType::subscribe, 2, uris::not_authorized);
    EXPECT_EQ(told(), (Lines{R"(102 [8,32,2,{},"wamp.error.not_authorized"])", "102 [35,3]"}));
    world_.subscribe(session_, 4, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 5, id)) << "another session told it the id";
    world_.take();
    world_.link_error(MessageType::subscribe, 3, uris::not_authorized);
    EXPECT_EQ(told(), (Lines{R"(102 [8,32,4,{},"wamp.error.not_authorized"])",
                             R"(102 [8,34,5,{},"wamp.error.no_such_subscription"])"}));
}

TEST_F(BridgeOrder, ARefusedSubscribePassesTheUnsubscribeToTheOneThatIsStillOpen) {
    const auto id = both_hold("open.t");
    world_.subscribe(session_, 2, "open.t", retained);
    world_.subscribe(session_, 3, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 4, id));
    world_.take();
    world_.link_error(MessageType::subscribe, 3, uris::not_authorized);
    EXPECT_EQ(told(), (Lines{R"(102 [8,32,3,{},"wamp.error.not_authorized"])"}));
    world_.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(told(), (Lines{"102 [33,2," + text(id) + "]", "102 [35,4]"}));
}

TEST_F(BridgeOrder, AnUnsubscribeOfAnIdFromElsewhereWaitsForTheSubscribeBeforeIt) {
    const auto id = world_.subscribed(other_, 1, "open.t", 77);
    world_.subscribe(session_, 1, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 2, id));
    EXPECT_FALSE(world_.unsubscribe(session_, 3, id)) << "there will be nothing left to end";
    world_.take();
    world_.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(told(), (Lines{"102 [33,1," + text(id) + "]", "102 [35,2]"}));
    world_.link_event(77, 901);
    EXPECT_EQ(told(), Lines{});
    world_.leave(session_);
    world_.leave(other_);
    world_.link(wamp::Unsubscribed{3, {}});
    EXPECT_TRUE(world_.empty());
}

TEST_F(BridgeOrder, ThePairThatWasTheOnlyOneEndsTheSubscriptionOnTheLink) {
    const auto id = both_hold("open.t");
    world_.leave(other_);
    world_.subscribe(session_, 2, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 3, id));
    world_.take();
    world_.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(world_.take(),
              (Lines{"102 [33,2," + text(id) + "]", "102 [35,3]", "link [34,3,77]"}));
    world_.link(wamp::Unsubscribed{3, {}});
    EXPECT_TRUE(world_.empty());
}

TEST_F(BridgeOrder, ALostLinkAnswersThePair) {
    const auto id = both_hold("open.t");
    world_.subscribe(session_, 2, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 3, id));
    world_.take();
    world_.link_lost();
    EXPECT_EQ(told(), (Lines{R"(102 [8,32,2,{},"wamp.error.network_failure"])", "102 [35,3]"}));
    world_.link_up();
    world_.take();
    world_.link(wamp::Subscribed{1, 77});
    world_.link_event(77, 901);
    EXPECT_EQ(told(), Lines{});
}

TEST_F(BridgeOrder, AnUnsubscribeIsNotWaitedForByASessionThatLeft) {
    const auto id = both_hold("open.t");
    world_.subscribe(session_, 2, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 3, id));
    world_.take();
    world_.leave(session_);
    world_.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(world_.take(), Lines{});
    world_.leave(other_);
    EXPECT_EQ(world_.take(), (Lines{"link [34,3,77]"}));
    world_.link(wamp::Unsubscribed{3, {}});
    EXPECT_TRUE(world_.empty());
}

TEST_F(BridgeOrder, APolicyThatDeniesThePairAnswersBoth) {
    const auto id = both_hold("open.t");
    world_.subscribe(session_, 2, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 3, id));
    world_.take();
    const auto holdings = world_.bridge.holdings();
    ASSERT_EQ(holdings.size(), 3U);
    EXPECT_EQ(holdings[2].left_by, 3U);
    for (const Holding& holding : holdings) {
        if (holding.session != session_) continue;
        world_.bridge.drop(holding, world_.out);
        world_.bridge.notify_lost(holding, uris::not_authorized, world_.out);
    }
    EXPECT_EQ(told(), (Lines{R"(102 [35,0,{"subscription":)" + text(id) +
                                 R"(,"reason":"wamp.error.not_authorized"}])",
                             R"(102 [8,32,2,{},"wamp.error.not_authorized"])",
                             R"(102 [8,34,3,{},"wamp.error.no_such_subscription"])"}));
    world_.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(told(), Lines{});
}

TEST_F(BridgeOrder, APolicyThatMovesThePairKeepsItsOrder) {
    const auto id = both_hold("open.t");
    world_.subscribe(session_, 2, "open.t", retained);
    EXPECT_TRUE(world_.unsubscribe(session_, 3, id));
    world_.take();
    for (const Holding& holding : world_.bridge.holdings()) {
        if (holding.session != session_) continue;
        world_.bridge.drop(holding, world_.out);
        EXPECT_TRUE(world_.bridge.adopt(holding, world_.permit(holding.session, holding.question()),
                                        world_.out));
    }
    EXPECT_EQ(world_.take(), (Lines{R"(link [32,3,{"get_retained":true},"open.t"])"}));
    world_.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(told(), Lines{});
    world_.link(wamp::Subscribed{3, 77});
    EXPECT_EQ(told(), (Lines{"102 [33,2," + text(id) + "]", "102 [35,3]"}));
}

// While the link is down
// --------------------------------------------------------------------------------------

TEST_F(BridgeOrder, AnUnsubscribeWaitsForTheSubscribeThatWaitsForTheLink) {
    const auto id = both_hold("hold.t");
    world_.link_lost();
    world_.subscribe(session_, 2, "hold.t");
    world_.subscribe(session_, 3, "hold.other");
    EXPECT_TRUE(world_.unsubscribe(session_, 4, id));
    EXPECT_EQ(told(), Lines{});
    world_.link_up();
    EXPECT_EQ(told(), Lines{});
    world_.link(wamp::Subscribed{1, 77});
    EXPECT_EQ(told(), (Lines{"102 [33,2," + text(id) + "]", "102 [35,4]"}));
    world_.link_event(77, 901);
    EXPECT_EQ(told(), Lines{});
}

TEST_F(BridgeOrder, AnUnsubscribeWaitsForNoSubscribeOfAnotherTopic) {
    const auto id = both_hold("hold.t");
    world_.link_lost();
    world_.subscribe(session_, 2, "hold.other");
    world_.subscribe(session_, 3, "hold.t", {{"match", "prefix"}});
    EXPECT_TRUE(world_.unsubscribe(session_, 4, id));
    EXPECT_EQ(told(), (Lines{"102 [35,4]"}));
}

TEST_F(BridgeOrder, AnUnsubscribeFollowsTheSubscribeThatHasWaitedTooLong) {
    const auto id = both_hold("hold.t");
    world_.link_lost();
    world_.subscribe(session_, 2, "hold.t");
    EXPECT_TRUE(world_.unsubscribe(session_, 3, id));
    world_.advance(2s);
    EXPECT_EQ(told(), (Lines{R"(102 [8,32,2,{},"wamp.error.unavailable"])", "102 [35,3]"}));
    world_.subscribe(session_, 4, "hold.t");
    EXPECT_TRUE(world_.unsubscribe(session_, 5, id)) << "another session told it the id";
    world_.advance(2s);
    EXPECT_EQ(told(), (Lines{R"(102 [8,32,4,{},"wamp.error.unavailable"])",
                             R"(102 [8,34,5,{},"wamp.error.no_such_subscription"])"}));
}

TEST_F(BridgeOrder, AnUnregisterWaitsForTheRegisterThatWaitsForTheLink) {
    const auto id = world_.registered(session_, 1, "hold.p", 77);
    world_.link_lost();
    world_.enrol(session_, 2, "hold.p");
    EXPECT_TRUE(world_.unregister(session_, 3, id));
    EXPECT_EQ(world_.take(), Lines{});
    world_.link_up();
    EXPECT_EQ(world_.take(), (Lines{R"(102 [8,64,2,{},"wamp.error.procedure_already_exists"])",
                                    "102 [67,3]", R"(link [64,1,{},"lab.p"])"}));
    world_.link(wamp::Registered{1, 77});
    EXPECT_EQ(world_.take(), (Lines{"link [66,2,77]"}));
    EXPECT_FALSE(world_.unregister(session_, 4, id));
}

TEST_F(BridgeOrder, AnUnregisterFollowsTheRegisterThatHasWaitedTooLong) {
    const auto id = world_.registered(session_, 1, "hold.p", 77);
    world_.link_lost();
    world_.enrol(session_, 2, "hold.p");
    EXPECT_TRUE(world_.unregister(session_, 3, id));
    world_.advance(2s);
    EXPECT_EQ(world_.take(), (Lines{R"(102 [8,64,2,{},"wamp.error.unavailable"])", "102 [67,3]"}));
}

// W-ORD-05
TEST_F(BridgeOrder, NoInvocationAfterUnregistered) {
    const auto id = world_.registered(session_, 1, "open.p", 77);
    EXPECT_TRUE(world_.unregister(session_, 2, id));
    world_.take();
    world_.link_invocation(5, 77);
    EXPECT_EQ(world_.take(), (Lines{R"(link [8,68,5,{},"wamp.error.no_such_procedure"])"}));
}

TEST_F(BridgeOrder, ACancelOfACallThatWaitsForTheLinkEndsThatCall) {
    world_.link_lost();
    world_.call(session_, 1, "hold.a");
    EXPECT_TRUE(world_.cancel(session_, 1, "killnowait"));
    world_.link_up();
    EXPECT_EQ(world_.take(), (Lines{R"(102 [8,48,1,{},"wamp.error.canceled"])"}));
}

}  // namespace
}  // namespace sallyport::backend_link
