// What passes a bridge only where the rule that let the request pass grants it (architecture:
// Policy 8).
#include <gtest/gtest.h>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

/// At a router that knows our principals.
struct Trusted : BridgeWorld {
    Trusted() : BridgeWorld(routes_policy) {}
};
/// At one that does not.
struct Plain : BridgeWorld {
    Plain() : BridgeWorld(profile_of(BackendKind::generic), full_router, routes_policy) {}
};

const Dict disclosing{{"disclose_me", true}};
const Dict retained{{"get_retained", true}};
constexpr std::string_view chain =
    R"("forward_for":[{"session":101,"authid":"alice","authrole":"user"}])";

// Being named to callees
// ------------------------------------------------------------------------------

// W-CID-01, W-CID-02
TEST(BridgeGrants, PassTheWishToBeNamedOnlyWhereGranted) {
    Trusted world;
    const SessionId caller = world.join();
    world.call(caller, 1, "open.a", disclosing);
    world.call(caller, 2, "lab.a", disclosing);
    world.call(caller, 3, "open.a");
    EXPECT_EQ(world.take(),
              (Lines{R"(101 [8,48,2,{},"wamp.error.option_disallowed.disclose_me"])",
                     R"(link [48,1,{"disclose_me":true,)" + std::string(chain) +
                         R"(,"x_request":1},"open.a"])",
                     "link [48,2,{" + std::string(chain) + R"(,"x_request":3},"open.a"])"}));
}

TEST(BridgeGrants, RefuseToNameACallerToARouterThatKnowsNobodyButTheLink) {
    Plain world;
    world.call(world.join(), 1, "open.a", disclosing);
    EXPECT_EQ(world.take(),
              (Lines{R"(101 [8,48,1,{},"wamp.error.option_disallowed.disclose_me"])"}));
}

// W-CID-03, W-SUB-13
TEST(BridgeGrants, NameACallerToACalleeInFrontThatUnderstandsIt) {
    Trusted world;
    const SessionId caller = world.join(full_client, "user", "carol");
    const SessionId knows = world.join(curious_client);
    const SessionId does_not = world.join(full_client);
    const auto first = world.registered(knows, 1, "open.a", 77);
    const auto second = world.registered(does_not, 1, "open.b", 78);
    const Dict details{{"caller", caller}, {"caller_authid", "carol"}, {"caller_authrole", "user"}};
    world.link_invocation(1, 77, details);
    world.link_invocation(2, 78, details);
    world.link_invocation(3, 77);
    EXPECT_EQ(world.take(),
              (Lines{"102 [68,1," + std::to_string(first) +
                         R"(,{"caller":101,"caller_authid":"carol","caller_authrole":"user"}])",
                     "103 [68,1," + std::to_string(second) + ",{}]",
                     "102 [68,2," + std::to_string(first) + ",{}]"}));
}

// W-GWY-01, W-SEC-09
TEST(BridgeGrants, NameACallerFromWithinWithoutTellingItsSession) {
    Trusted world;
    const SessionId callee = world.join(curious_client);
    world.registered(callee, 1, "open.a", 77);
    const auto caller_of = [&](wamp::RequestId request, SessionId session) {
        world.link_invocation(
            request, 77, {{"caller", session}, {"caller_authid", "svc"}, {"caller_authrole", "s"}});
        const auto details = world.take_only<wamp::Invocation>().details;
        EXPECT_EQ(details.get_string("caller_authid"), "svc");
        return details.get_uint("caller", 0);
    };
    const auto named = caller_of(1, 4711);
    EXPECT_NE(named, 4711u);
    EXPECT_GE(named, 1u);
    EXPECT_LE(named, wamp::id_max);
    EXPECT_EQ(caller_of(2, 4711), named);
    EXPECT_NE(caller_of(3, 4712), named);
    // The id of a session in front, and not that session.
    EXPECT_NE(caller_of(4, callee), callee);
}

TEST(BridgeGrants, BelieveNoRouterThatKnowsNobodyButTheLink) {
    Plain world;
    const SessionId callee = world.join(curious_client);
    const auto id = world.registered(callee, 1, "open.a", 77);
    const auto topic = world.subscribed(callee, 2, "open.t", 78);
    world.link_invocation(1, 77, {{"caller", 5}, {"caller_authid", "gateway"}});
    world.link_event(78, 900, {{"publisher", 5}, {"publisher_authid", "gateway"}});
    EXPECT_EQ(world.take(), (Lines{"101 [68,1," + std::to_string(id) + ",{}]",
                                   "101 [36," + std::to_string(topic) + ",900,{}]"}));
}

// W-CID-01, W-ERR-03
TEST(BridgeGrants, LetACalleeDemandItsCallersOnlyWhereGranted) {
    Trusted world;
    const SessionId callee = world.join();
    world.enrol(callee, 1, "open.a", {{"disclose_caller", true}});
    world.enrol(callee, 2, "lab.a", {{"disclose_caller", true}});
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,64,2,{},"wamp.error.option_not_allowed"])",
                                   R"(link [64,1,{"disclose_caller":true},"open.a"])"}));
    world.link(wamp::Registered{1, 77});
    world.link_lost();
    world.take();
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [64,1,{"disclose_caller":true},"open.a"])"}));
}

// Being named to subscribers
// --------------------------------------------------------------------------

// W-PID-01, W-PID-02, W-SUB-13
TEST(BridgeGrants, NameAPublisherToThoseInFrontWhoUnderstandIt) {
    Trusted world;
    const SessionId publisher = world.join(full_client, "user", "paul");
    const SessionId knows = world.join(curious_client);
    const SessionId does_not = world.join();
    const auto id = world.subscribed(knows, 1, "open.t", 77);
    world.subscribed(does_not, 1, "open.t", 0);
    world.publish(publisher, 1, "open.t", disclosing, json("[1]"));
    EXPECT_EQ(
        world.take(),
        (Lines{
            R"(link [16,2,{"acknowledge":true,"disclose_me":true,"forward_for":)"
            R"([{"session":101,"authid":"paul","authrole":"user"}],"x_request":1},"open.t",[1]])"}));
    world.link(wamp::Published{2, 900});
    const std::string event = " [36," + std::to_string(id) + ",900,{";
    EXPECT_EQ(
        world.take(),
        (Lines{"102" + event +
                   R"("publisher":101,"publisher_authid":"paul","publisher_authrole":"user"},[1]])",
               "103" + event + "},[1]]"}));
}

TEST(BridgeGrants, NameAPublisherWhoHasLeftMeanwhile) {
    Trusted world;
    const SessionId publisher = world.join(full_client, "user", "paul");
    world.subscribed(world.join(curious_client), 1, "open.t", 77);
    world.publish(publisher, 1, "open.t", disclosing);
    world.take();
    world.leave(publisher);
    world.link(wamp::Published{2, 900});
    EXPECT_NE(world.take().at(0).find(R"("publisher_authid":"paul")"), std::string::npos);
}

// W-CID-05
TEST(BridgeGrants, PublishWithoutANameWhereItIsNotGrantedAndNobodyWaitsForAnAnswer) {
    Trusted world;
    const SessionId publisher = world.join();
    world.publish(publisher, 1, "lab.t", disclosing);
    world.publish(publisher, 2, "lab.t", {{"disclose_me", true}, {"acknowledge", true}});
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,16,2,{},"wamp.error.option_disallowed.disclose_me"])",
                                   R"(link [16,1,{"acknowledge":true,)" + std::string(chain) +
                                       R"(,"x_request":1},"lab.t"])"}));
}

TEST(BridgeGrants, NameAPublisherFromWithinAsTheRouterSays) {
    Trusted world;
    const auto id = world.subscribed(world.join(curious_client), 1, "open.t", 77);
    world.link_event(
        77, 900, {{"publisher", 4711}, {"publisher_authid", "svc"}, {"publisher_authrole", "s"}});
    const auto event = world.take_only<wamp::Event>();
    EXPECT_EQ(event.subscription, id);
    EXPECT_EQ(event.details.get_string("publisher_authid"), "svc");
    EXPECT_EQ(event.details.get_string("publisher_authrole"), "s");
    EXPECT_NE(event.details.get_uint("publisher", 4711), 4711u);
}

// W-GWY-01, W-SEC-16
TEST(BridgeGrants, BringNoMetaEventOfTheRouterBehind) {
    Plain world;
    const auto id = world.subscribed(world.join(), 1, "lab.", 77, {{"match", "prefix"}});
    world.link_event(77, 900, {{"topic", "wamp.session.on_join"}});
    EXPECT_EQ(world.take(), Lines{});
    world.link_event(77, 901, {{"topic", "lab.t"}});
    EXPECT_EQ(world.take(),
              (Lines{"101 [36," + std::to_string(id) + R"(,901,{"topic":"lab.t"}])"}));
}

// Retained events
// -------------------------------------------------------------------------------------

// W-EVR-01, W-SEC-15
TEST(BridgeGrants, RetainOnlyWhereGranted) {
    Plain world;
    const SessionId publisher = world.join();
    world.publish(publisher, 1, "open.t", {{"retain", true}});
    world.publish(publisher, 2, "lab.t", {{"retain", true}});
    EXPECT_EQ(world.take(), (Lines{R"(link [16,1,{"acknowledge":true,"retain":true},"open.t"])",
                                   R"(link [16,2,{"acknowledge":true},"lab.t"])"}));
}

// W-EVR-01: a router that declines says nothing.
TEST(BridgeGrants, RetainIsRefusedWhereTheRouterKeepsNothing) {
    BridgeWorld world(profile_of(BackendKind::nexus), plain_router, routes_policy);
    const SessionId publisher = world.join();
    world.publish(publisher, 1, "open.t", {{"retain", true}, {"acknowledge", true}});
    world.publish(publisher, 2, "open.t", {{"retain", true}});
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,16,1,{},"wamp.error.option_not_allowed"])",
                                   R"(link [16,1,{"acknowledge":true},"open.t"])"}));
}

// W-EVR-02, W-PEX-01
TEST(BridgeGrants, RetainWithTheListsAndWithoutThePublisher) {
    BridgeWorld world(routes_policy);
    const SessionId publisher = world.join();
    const auto options_of = [&](wamp::RequestId request, Dict asked) {
        asked.append("retain", true);
        world.publish(publisher, request, "open.t", std::move(asked));
        Dict options = std::get<wamp::Publish>(world.out.to_link.back()).options;
        world.out.clear();
        options.erase("forward_for");
        options.erase("x_request");
        return options;
    };
    EXPECT_EQ(options_of(1, {{"exclude_authrole", List{"x"}}, {"exclude_me", false}}),
              (Dict{{"acknowledge", true}, {"retain", true}, {"exclude_authrole", List{"x"}}}));
    EXPECT_EQ(options_of(2, {}),
              (Dict{{"acknowledge", true}, {"retain", true}, {"exclude", List{publisher}}}));
    EXPECT_EQ(options_of(3, {{"exclude_me", false}}),
              (Dict{{"acknowledge", true}, {"retain", true}}));
}

// W-EVR-01, W-EVR-03
TEST(BridgeGrants, AskForRetainedEventsOnlyWhereGrantedAndNotForPatterns) {
    Plain world;
    const SessionId session = world.join();
    world.subscribe(session, 1, "open.t", retained);
    world.subscribe(session, 2, "lab.t", retained);
    world.subscribe(session, 3, "open.", {{"match", "prefix"}, {"get_retained", true}});
    EXPECT_EQ(world.take(),
              (Lines{R"(link [32,1,{"get_retained":true},"open.t"])", R"(link [32,2,{},"lab.t"])",
                     R"(link [32,3,{"match":"prefix"},"open."])"}));
}

// W-GWY-08
TEST(BridgeGrants, BringARetainedEventOnlyToTheSessionThatAsked) {
    Plain world;
    const SessionId first = world.join();
    const SessionId context = world.join();
    const auto id = world.subscribed(first, 1, "open.t", 77);
    world.subscribe(context, 1, "open.t", retained);
    EXPECT_EQ(world.take(), (Lines{R"(link [32,2,{"get_retained":true},"open.t"])"}));
    world.link_event(77, 899);  // somebody else's, before the link confirmed
    EXPECT_EQ(world.take(), (Lines{"101 [36," + std::to_string(id) + ",899,{}]"}));
    world.link(wamp::Subscribed{2, 77});
    world.link_event(77, 800, {{"retained", true}}, json("[1]"));
    EXPECT_EQ(world.take(),
              (Lines{"102 [33,1," + std::to_string(id) + "]",
                     "102 [36," + std::to_string(id) + R"(,800,{"retained":true},[1]])"}));
    world.link_event(77, 801, {{"retained", true}});  // once
    EXPECT_EQ(world.take(), Lines{});
    world.link_event(77, 900);
    EXPECT_EQ(world.take().size(), 2u);
}

TEST(BridgeGrants, AnswerEachSubscriberWhenItsOwnRequestIsAnswered) {
    Plain world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    world.subscribe(first, 1, "open.t");
    world.subscribe(second, 1, "open.t", retained);
    world.take();
    world.link(wamp::Subscribed{1, 77});
    const Lines to_first = world.take();
    ASSERT_EQ(to_first.size(), 1u);
    EXPECT_TRUE(to_first[0].starts_with("101 [33,1,")) << to_first[0];
    world.link(wamp::Subscribed{2, 77});
    const Lines to_second = world.take();
    ASSERT_EQ(to_second.size(), 1u);
    EXPECT_TRUE(to_second[0].starts_with("102 [33,1,")) << to_second[0];
}

TEST(BridgeGrants, BringNoRetainedEventAfterANewOne) {
    Plain world;
    const SessionId session = world.join();
    world.subscribed(session, 1, "open.t", 77, retained);
    world.link_event(77, 900);
    EXPECT_EQ(world.take().size(), 1u);
    world.link_event(77, 800, {{"retained", true}});
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeGrants, EndASubscriptionThatWasAskedForTwice) {
    Plain world;
    const SessionId first = world.join();
    const SessionId context = world.join();
    world.subscribed(first, 1, "open.t", 77);
    world.subscribe(context, 1, "open.t", retained);
    world.leave(first);
    world.leave(context);
    EXPECT_EQ(world.take(), (Lines{R"(link [32,2,{"get_retained":true},"open.t"])"}));
    world.link(wamp::Subscribed{2, 77});
    EXPECT_EQ(world.take(), (Lines{"link [34,3,77]"}));
    world.link(wamp::Unsubscribed{3, {}});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeGrants, KeepTheOthersWhenOneIsRefusedItsRetainedEvent) {
    Plain world;
    const SessionId first = world.join();
    const SessionId context = world.join();
    world.subscribed(first, 1, "open.t", 77);
    world.subscribe(context, 1, "open.t", retained);
    world.take();
    world.link_error(MessageType::subscribe, 2, "wamp.error.option_not_allowed");
    EXPECT_EQ(world.take(), (Lines{R"(102 [8,32,1,{},"wamp.error.option_not_allowed"])"}));
    world.link_event(77, 900);
    EXPECT_EQ(world.take().size(), 1u);
    world.leave(first);
    world.take();
    EXPECT_EQ(world.bridge.counts().subscriptions, 1u);  // UNSUBSCRIBE is on its way
}

TEST(BridgeGrants, SurviveARevocationWhileARetainedEventIsAskedFor) {
    Plain world;
    const SessionId first = world.join();
    const SessionId context = world.join();
    const auto id = world.subscribed(first, 1, "open.t", 77);
    world.subscribe(context, 1, "open.t", retained);
    world.take();
    world.link(wamp::Unsubscribed{0, {{"subscription", 77}}});
    EXPECT_EQ(world.take(), (Lines{R"(101 [35,0,{"subscription":)" + std::to_string(id) + "}]"}));
    world.link(wamp::Subscribed{2, 78});
    EXPECT_EQ(world.take(), (Lines{"102 [33,1," + std::to_string(id) + "]"}));
    world.link_event(78, 900);
    EXPECT_EQ(world.take().size(), 1u);
}

// Taking over
// -----------------------------------------------------------------------------------------

// W-RPC-15, W-SEC-10
TEST(BridgeGrants, TakeARegistrationOverOnlyWhereGranted) {
    Plain world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    const auto old_id = world.registered(first, 1, "open.a", 77, {{"force_reregister", true}});
    world.enrol(second, 1, "open.a");
    EXPECT_EQ(world.take(), (Lines{R"(102 [8,64,1,{},"wamp.error.procedure_already_exists"])"}));
    world.enrol(second, 2, "open.a", {{"force_reregister", true}});
    const Lines lines = world.take();
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0], R"(101 [67,0,{"registration":)" + std::to_string(old_id) +
                            R"(,"reason":"wamp.error.unregistered"}])");
    EXPECT_EQ(lines[1].substr(0, 10), "102 [65,2,");
    EXPECT_FALSE(world.unregister(first, 2, old_id));
    world.link_invocation(1, 77);
    EXPECT_EQ(world.take().at(0).substr(0, 8), "102 [68,");
    world.leave(first);
    EXPECT_EQ(world.take(), Lines{});
    world.leave(second);
    world.take();
}

TEST(BridgeGrants, AskTheRouterBehindToTakeOverOnlyWhereGranted) {
    Plain world;
    const SessionId session = world.join();
    world.enrol(session, 1, "open.a", {{"force_reregister", true}});
    world.enrol(session, 2, "lab.a", {{"force_reregister", true}});
    EXPECT_EQ(world.take(), (Lines{R"(link [64,1,{"force_reregister":true},"open.a"])",
                                   R"(link [64,2,{},"lab.a"])"}));
    world.link(wamp::Registered{1, 77});
    world.link_lost();
    world.take();
    world.link_up();  // who took it meanwhile keeps it
    EXPECT_EQ(world.take(), (Lines{R"(link [64,1,{},"open.a"])"}));
}

TEST(BridgeGrants, LetNobodyTakeOverWhatIsItsOwnAlready) {
    Plain world;
    const SessionId session = world.join();
    world.registered(session, 1, "open.a", 77);
    world.enrol(session, 2, "open.a", {{"force_reregister", true}});
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,64,2,{},"wamp.error.procedure_already_exists"])"}));
}

}  // namespace
}  // namespace sallyport::backend_link
