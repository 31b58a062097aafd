// What a policy that changed takes from sessions at a bridge, and what it brings to another one.
#include "backend-link/bridge/bridge_holdings.h"

#include <algorithm>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

using policy::Action;

const Dict prefix{{"match", "prefix"}};

/// What is `lab.x` in front is `far.x` behind.
constexpr std::string_view far_policy = R"(
realm = "lab"
[[route]]
id = "far"
match = "prefix"
uri = "lab."
to = "other"
rewrite = "far."
[[allow]]
id = "all"
roles = ["*"]
actions = ["subscribe", "register"]
match = "prefix"
uri = "lab."
)";

/// `lab.x` and `out.x` in front are `in.x` behind, and retained events are granted.
constexpr std::string_view two_names_policy = R"(
realm = "lab"
[[route]]
id = "lab"
match = "prefix"
uri = "lab."
to = "inside"
rewrite = "in."
[[route]]
id = "out"
match = "prefix"
uri = "out."
to = "inside"
rewrite = "in."
[[allow]]
id = "all"
roles = ["*"]
actions = ["subscribe"]
match = "prefix"
uri = ["lab.", "out."]
grants = ["retain"]
)";

const Dict retained{{"get_retained", true}};

/// A second bridge to the same sessions.
class Moved : public testing::Test {
protected:
    void SetUp() override {
        other_.on_link_up(full_router, {}, world_.now, out_);
        out_.clear();
    }

    Lines others() {
        Lines lines;
        for (const auto& message : out_.to_link) {
            lines.push_back(std::string(wamp::encode(wamp::Serializer::json, message).message()));
        }
        for (const auto& entry : out_.to_sessions.entries()) {
            for (const SessionId to : out_.to_sessions.receivers(entry)) {
                lines.push_back(
                    std::to_string(to) + " " +
                    std::string(wamp::encode(wamp::Serializer::json, entry.message).message()));
            }
        }
        out_.clear();
        return lines;
    }
    Holding only_holding() {
        const auto all = world_.bridge.holdings();
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? Holding{} : all.front();
    }
    wamp::SubscriptionId subscribed(SessionId session, std::string_view topic,
                                    wamp::RequestId back) {
        world_.subscribe(session, 1, topic);
        world_.take();
        world_.link(wamp::Subscribed{back, 70 + back});
        return world_.take_only<wamp::Subscribed>().subscription;
    }
    wamp::RegistrationId registered(SessionId session, std::string_view uri, wamp::RequestId back) {
        world_.enrol(session, 1, uri);
        world_.take();
        world_.link(wamp::Registered{back, 80 + back});
        return world_.take_only<wamp::Registered>().registration;
    }

    bool adopt(Bridge& bridge, const Holding& holding, BridgeOutbox& out) {
        return bridge.adopt(holding, world_.permit(holding.session, holding.question()), out);
    }

    BridgeWorld world_;
    Bridge other_{profile_of(BackendKind::generic),
                  world_.sessions,
                  world_.judge,
                  world_.ids,
                  1,
                  wamp::Random({9})};
    BridgeOutbox out_;
};

using Taken = Moved;

TEST_F(Taken, ListsWhatIsHeldAndWhatIsOnItsWay) {
    const SessionId first = world_.join();
    const SessionId second = world_.join();
    const auto id = subscribed(first, "lab.t", 1);
    world_.subscribe(second, 7, "lab.t");
    world_.subscribe(second, 8, "lab.u.", prefix);
    world_.enrol(second, 9, "lab.p");
    const auto all = world_.bridge.holdings();
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].session, first);
    EXPECT_EQ(all[0].id, id);
    EXPECT_EQ(all[0].uri, "lab.t");
    EXPECT_EQ(all[1].session, second);
    EXPECT_EQ(all[1].waiting, 0U);  // it was there already
    EXPECT_EQ(all[2].uri, "lab.u.");
    EXPECT_EQ(all[2].waiting, 8U);
    EXPECT_EQ(all[2].match, wamp::MatchPolicy::prefix);
    EXPECT_TRUE(all[3].registration);
    EXPECT_EQ(all[3].uri, "lab.p");
    EXPECT_EQ(all[3].waiting, 9U);
}

TEST_F(Taken, EndsASubscriptionBehindWithItsLastHolder) {
    const SessionId first = world_.join();
    const SessionId second = world_.join();
    subscribed(first, "lab.t", 1);
    world_.subscribe(second, 1, "lab.t");
    world_.take();
    const auto all = world_.bridge.holdings();
    world_.bridge.drop(all[0], world_.out);
    world_.bridge.notify_lost(all[0], uris::not_authorized, world_.out);
    EXPECT_EQ(world_.take(), Lines{"101 [35,0,{\"subscription\":" + std::to_string(all[0].id) +
                                   ",\"reason\":\"wamp.error.not_authorized\"}]"});
    world_.link_event(71, 5);
    EXPECT_EQ(world_.take().size(), 1U);  // the second one's
    world_.bridge.drop(all[1], world_.out);
    EXPECT_EQ(world_.take(), Lines{R"(link [34,2,71])"});
    EXPECT_EQ(world_.bridge.holdings().size(), 0U);
    world_.link_event(71, 6);
    EXPECT_EQ(world_.take(), Lines{});
    world_.bridge.drop(all[0], world_.out);  // nothing is taken twice
    EXPECT_EQ(world_.take(), Lines{});
}

TEST_F(Taken, AnswersARequestThatIsOnItsWay) {
    const SessionId session = world_.join();
    world_.subscribe(session, 7, "lab.t");
    world_.enrol(session, 8, "lab.p");
    world_.take();
    for (const auto& holding : world_.bridge.holdings()) {
        world_.bridge.drop(holding, world_.out);
        world_.bridge.notify_lost(holding, uris::not_authorized, world_.out);
    }
    EXPECT_EQ(world_.take(), (Lines{R"(101 [8,32,7,{},"wamp.error.not_authorized"])",
                                    R"(101 [8,64,8,{},"wamp.error.not_authorized"])"}));
    world_.link(wamp::Subscribed{1, 71});
    world_.link(wamp::Registered{2, 82});
    const Lines released = world_.take();
    ASSERT_EQ(released.size(), 2U);
    EXPECT_TRUE(released[0].starts_with("link [34,")) << released[0];
    EXPECT_TRUE(released[1].starts_with("link [66,")) << released[1];
    EXPECT_EQ(world_.bridge.holdings().size(), 0U);
}

TEST_F(Taken, LeavesOpenInvocationsOfARegistration) {  // W-RRV-03
    const SessionId session = world_.join();
    const auto id = registered(session, "lab.p", 1);
    world_.link_invocation(4, 81);
    const auto invocation = world_.take_only<wamp::Invocation>();
    EXPECT_EQ(invocation.registration, id);
    const Holding holding = only_holding();
    world_.bridge.drop(holding, world_.out);
    world_.bridge.notify_lost(holding, uris::not_authorized, world_.out);
    const Lines told = world_.take();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0], "101 [67,0,{\"registration\":" + std::to_string(id) +
                           ",\"reason\":\"wamp.error.not_authorized\"}]");
    EXPECT_TRUE(told[1].starts_with("link [66,"));
    EXPECT_TRUE(world_.yield(session, invocation.request));
    EXPECT_EQ(world_.take(), Lines{"link [70,4,{}]"});
}

TEST_F(Taken, IsNotSentToClientsWithoutTheFeature) {
    const SessionId session = world_.join(plain_client);
    subscribed(session, "lab.t", 1);
    const Holding holding = only_holding();
    world_.bridge.drop(holding, world_.out);
    world_.bridge.notify_lost(holding, uris::not_authorized, world_.out);
    const Lines lines = world_.take();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(lines[0].starts_with("link [34,"));
}

TEST_F(Moved, ASubscriptionKeepsItsId) {
    const SessionId session = world_.join();
    const auto id = subscribed(session, "lab.t", 1);
    const Holding holding = only_holding();
    world_.bridge.drop(holding, world_.out);
    EXPECT_TRUE(adopt(other_, holding, out_));
    EXPECT_EQ(others(), Lines{R"([32,1,{},"lab.t"])"});
    other_.on_link(wamp::Subscribed{1, 500}, world_.now, out_);
    EXPECT_EQ(others(), Lines{});  // the session is not told again
    other_.on_link(wamp::Event{500, 6, {}, json("[1]")}, world_.now, out_);
    EXPECT_EQ(others(), Lines{"101 [36," + std::to_string(id) + ",6,{},[1]]"});
    EXPECT_TRUE(other_.unsubscribe(session, {9, id, {}}, world_.now, out_));
}

TEST_F(Moved, ARequestOnItsWayIsAnsweredByTheOtherLink) {
    const SessionId session = world_.join();
    world_.subscribe(session, 7, "lab.t");
    world_.enrol(session, 8, "lab.p");
    for (const auto& holding : world_.bridge.holdings()) {
        world_.bridge.drop(holding, world_.out);
        EXPECT_TRUE(adopt(other_, holding, out_));
    }
    world_.take();
    EXPECT_EQ(others(), (Lines{R"([32,1,{},"lab.t"])", R"([64,2,{},"lab.p"])"}));
    other_.on_link(wamp::Subscribed{1, 500}, world_.now, out_);
    other_.on_link(wamp::Registered{2, 600}, world_.now, out_);
    const Lines answers = others();
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_TRUE(answers[0].starts_with("101 [33,7,"));
    EXPECT_TRUE(answers[1].starts_with("101 [65,8,"));
    world_.link(wamp::Subscribed{1, 71});  // late, and of no use
    EXPECT_EQ(world_.take().size(), 1U);
}

// W-EVR-03
TEST_F(Moved, ARequestOnItsWayStillAsksForTheRetainedEvent) {
    world_.use_policy(two_names_policy);
    const SessionId session = world_.join();
    world_.subscribe(session, 7, "lab.t", retained);
    const Holding holding = only_holding();
    world_.bridge.drop(holding, world_.out);
    EXPECT_TRUE(adopt(other_, holding, out_));
    EXPECT_EQ(others(), Lines{R"([32,1,{"get_retained":true},"in.t"])"});
    other_.on_link(wamp::Subscribed{1, 500}, world_.now, out_);
    other_.on_link(wamp::Event{500, 6, {{"retained", true}}, {}}, world_.now, out_);
    const Lines answers = others();
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_TRUE(answers[0].starts_with("101 [33,7,"));
    EXPECT_TRUE(answers[1].starts_with("101 [36,"));
}

TEST_F(Moved, ARequestOnItsWayAsksForNoRetainedEventThatTheNewPolicyDoesNotGrant) {
    world_.use_policy(two_names_policy);
    const SessionId session = world_.join();
    world_.subscribe(session, 7, "lab.t", retained);
    const Holding holding = only_holding();
    world_.bridge.drop(holding, world_.out);
    world_.use_policy(far_policy);
    EXPECT_TRUE(adopt(other_, holding, out_));
    EXPECT_EQ(others(), Lines{R"([32,1,{},"far.t"])"});
    other_.on_link(wamp::Subscribed{1, 500}, world_.now, out_);
    EXPECT_TRUE(others().at(0).starts_with("101 [33,7,"));
}

// W-GWY-08
TEST_F(Moved, TheRetainedEventGoesOnlyToTheSubscriptionThatAskedForIt) {
    world_.use_policy(two_names_policy);
    const SessionId session = world_.join();
    subscribed(session, "lab.t", 1);
    world_.subscribe(session, 2, "out.t", retained);
    world_.take();
    world_.link(wamp::Subscribed{2, 71});
    const auto asked = world_.take_only<wamp::Subscribed>().subscription;
    world_.link_event(71, 800, {{"retained", true}});
    EXPECT_EQ(world_.take(),
              (Lines{"101 [36," + std::to_string(asked) + R"(,800,{"retained":true}])"}));
}

TEST_F(Taken, ASubscriptionTakesNoRetainedEventFromAnotherOfTheSameSession) {
    world_.use_policy(two_names_policy);
    const SessionId session = world_.join();
    subscribed(session, "lab.t", 1);
    const Holding dropped = only_holding();
    world_.subscribe(session, 2, "out.t", retained);
    world_.take();
    world_.link(wamp::Subscribed{2, 71});
    const auto asked = world_.take_only<wamp::Subscribed>().subscription;
    world_.bridge.drop(dropped, world_.out);
    world_.link_event(71, 800, {{"retained", true}});
    EXPECT_EQ(world_.take(),
              (Lines{"101 [36," + std::to_string(asked) + R"(,800,{"retained":true}])"}));
}

TEST_F(Moved, ARegistrationServesUnderItsIdAndItsNewName) {
    const SessionId session = world_.join();
    const auto id = registered(session, "lab.p", 1);
    const Holding holding = only_holding();
    world_.bridge.drop(holding, world_.out);
    world_.use_policy(far_policy);
    EXPECT_TRUE(adopt(other_, holding, out_));
    EXPECT_EQ(others(), Lines{R"([64,1,{},"far.p"])"});
    other_.on_link(wamp::Registered{1, 600}, world_.now, out_);
    other_.on_link(wamp::Invocation{3, 600, {}, {}}, world_.now, out_);
    const Lines invoked = others();
    ASSERT_EQ(invoked.size(), 1U);
    EXPECT_NE(invoked[0].find("," + std::to_string(id) + ","), std::string::npos) << invoked[0];
    EXPECT_EQ(other_.holdings().front().uri, "lab.p");
}

TEST_F(Moved, WithinOneBridgeWhenItsRouteIsRewritten) {
    const SessionId first = world_.join();
    const SessionId second = world_.join();
    const auto id = subscribed(first, "lab.t", 1);
    world_.subscribe(second, 1, "lab.t");
    world_.take();
    const auto all = world_.bridge.holdings();
    for (const auto& holding : all) world_.bridge.drop(holding, world_.out);
    world_.use_policy(far_policy);
    for (const auto& holding : all) {
        EXPECT_TRUE(adopt(world_.bridge, holding, world_.out));
    }
    EXPECT_EQ(world_.take(), (Lines{R"(link [34,2,71])", R"(link [32,3,{},"far.t"])"}));
    world_.link(wamp::Subscribed{3, 99});
    world_.link_event(99, 5);
    const Lines events = world_.take();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0], "101 [36," + std::to_string(id) + ",5,{}]");
}

TEST_F(Moved, WaitsForALinkThatIsDown) {
    const SessionId session = world_.join();
    const auto id = subscribed(session, "lab.t", 1);
    registered(session, "lab.p", 2);
    world_.subscribe(session, 5, "lab.unanswered");
    other_.on_link_lost(world_.now, out_);
    int adopted = 0;
    for (const auto& holding : world_.bridge.holdings()) {
        world_.bridge.drop(holding, world_.out);
        adopted += adopt(other_, holding, out_) ? 1 : 0;
    }
    EXPECT_EQ(adopted, 2);  // a request has nobody to answer it
    EXPECT_EQ(others(), Lines{});
    other_.on_link_up(full_router, {}, world_.now, out_);
    EXPECT_EQ(others(), (Lines{R"([64,1,{},"lab.p"])", R"([32,2,{},"lab.t"])"}));
    other_.on_link(wamp::Subscribed{2, 500}, world_.now, out_);
    other_.on_link(wamp::Event{500, 6, {}, {}}, world_.now, out_);
    EXPECT_EQ(others(), Lines{"101 [36," + std::to_string(id) + ",6,{}]"});
}

TEST_F(Moved, NotToWhereAnotherIdOrAnotherOwnerIs) {
    const SessionId first = world_.join();
    const SessionId second = world_.join();
    subscribed(first, "lab.t", 1);
    registered(first, "lab.p", 2);
    const auto all = world_.bridge.holdings();
    other_.forward(*world_.sessions.find(second),
                   world_.permit(second, {Action::subscribe, "lab.t"}),
                   wamp::Subscribe{1, {}, "lab.t"}, world_.now, out_);
    other_.forward(*world_.sessions.find(second),
                   world_.permit(second, {Action::register_, "lab.p"}),
                   wamp::Register{2, {}, "lab.p"}, world_.now, out_);
    for (const auto& holding : all) {
        world_.bridge.drop(holding, world_.out);
        EXPECT_FALSE(adopt(other_, holding, out_)) << holding.uri;
    }
    EXPECT_EQ(other_.holdings().size(), 2U);
}

TEST_F(Moved, LeavesNothingBehindWhenItsHolderLeaves) {
    const SessionId session = world_.join();
    subscribed(session, "lab.t", 1);
    registered(session, "lab.p", 2);
    for (const auto& holding : world_.bridge.holdings()) {
        world_.bridge.drop(holding, world_.out);
        EXPECT_TRUE(adopt(other_, holding, out_));
    }
    other_.on_link(wamp::Subscribed{1, 500}, world_.now, out_);
    other_.on_link(wamp::Registered{2, 600}, world_.now, out_);
    other_.leave(session, world_.now, out_);
    world_.leave(session);
    EXPECT_EQ(other_.holdings().size(), 0U);
    EXPECT_EQ(world_.bridge.holdings().size(), 0U);
}

}  // namespace
}  // namespace sallyport::backend_link
