// Payload passthru mode over a bridge: its four options cross in both directions and in every kind
// of message, where both ends have announced the mode, and nothing hangs where one has not.
#include <gtest/gtest.h>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

const Dict sealed{{"ppt_scheme", "wamp"},
                  {"ppt_serializer", "cbor"},
                  {"ppt_cipher", "aes256gcm"},
                  {"ppt_keyid", "k1"}};
/// The options as JSON, without braces.
const std::string seal =
    R"("ppt_scheme":"wamp","ppt_serializer":"cbor","ppt_cipher":"aes256gcm","ppt_keyid":"k1")";
const wamp::Payload box = json(R"(["\u0000AQI="])");
const std::string boxed = R"(["\u0000AQI="])";
const std::string unsupported(uris::feature_not_supported);

wamp::Features with(wamp::Features features, std::initializer_list<Feature> more) {
    for (const Feature feature : more) features.add(feature);
    return features;
}

const wamp::Features opening_client =
    with(full_client,
         {Feature::caller_payload_passthru_mode, Feature::callee_payload_passthru_mode,
          Feature::publisher_payload_passthru_mode, Feature::subscriber_payload_passthru_mode});
const wamp::Features passing_router = with(
    full_router, {Feature::broker_payload_passthru_mode, Feature::dealer_payload_passthru_mode});

Dict plus(Dict options, std::string_view key, wamp::Value value) {
    options.set(key, std::move(value));
    return options;
}

std::string text(wamp::Id id) {
    return std::to_string(id);
}

/// Session 101 has the mode; the router behind has it unless it is said otherwise.
struct Passing : BridgeWorld {
    explicit Passing(wamp::Features router = passing_router,
                     std::string_view policy = bridge_policy)
        : BridgeWorld(profile_of(BackendKind::generic), router, policy),
          opening(join(opening_client)) {}
    SessionId opening;
};

// W-PPT-01, W-SEC-25
TEST(BridgePassthru, TheOptionsOfACallAndOfItsResultCross) {
    Passing world;
    world.call(world.opening, 1, "lab.p", plus(plus(sealed, "ppt_own", "x"), "caller", 7), box);
    EXPECT_EQ(world.take(), (Lines{"link [48,1,{" + seal + R"(},"lab.p",)" + boxed + "]"}));
    world.link(wamp::CallResult{1, plus(plus(sealed, "callee", 9), "ppt_own", "x"), box});
    EXPECT_EQ(world.take(), (Lines{"101 [50,1,{" + seal + "}," + boxed + "]"}));
    EXPECT_TRUE(world.empty());
}

// W-PPT-05
TEST(BridgePassthru, ProgressiveResultsCross) {
    Passing world;
    world.call(world.opening, 1, "lab.p", plus(sealed, "receive_progress", true));
    EXPECT_EQ(world.take(),
              (Lines{R"(link [48,1,{"receive_progress":true,)" + seal + R"(},"lab.p"])"}));
    world.link(wamp::CallResult{1, plus(sealed, "progress", true), box});
    world.link(wamp::CallResult{1, {}, {}});
    EXPECT_EQ(world.take(), (Lines{R"(101 [50,1,{"progress":true,)" + seal + "}," + boxed + "]",
                                   "101 [50,1,{}]"}));
}

// W-PPT-01, W-GWY-11
TEST(BridgePassthru, TheDetailsOfAnErrorCrossUnlessItIsARefusalOfTheRouter) {
    Passing world;
    world.call(world.opening, 1, "lab.p");
    world.call(world.opening, 2, "lab.p");
    world.take();
    world.link_error(MessageType::call, 1, "lab.error.jam", box, plus(sealed, "callee", 9));
    world.link_error(MessageType::call, 2, uris::not_authorized, box, sealed);
    EXPECT_EQ(world.take(), (Lines{"101 [8,48,1,{" + seal + R"(},"lab.error.jam",)" + boxed + "]",
                                   R"(101 [8,48,2,{},"wamp.error.not_authorized"])"}));
}

// W-PPT-02
TEST(BridgePassthru, ACallIsRefusedWhereTheRouterBehindLacksTheMode) {
    Passing world(with(full_router, {Feature::broker_payload_passthru_mode}));
    world.call(world.opening, 1, "lab.p", sealed, box);
    EXPECT_EQ(world.take(), (Lines{"101 [8,48,1,{},\"" + unsupported + "\"]"}));
    EXPECT_TRUE(world.empty());
    world.call(world.opening, 2, "lab.p", {{"ppt_scheme", ""}, {"ppt_keyid", "k1"}});
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.p"])"}));
}

// W-PPT-02, W-DEF-18
TEST(BridgePassthru, ACallerWithoutTheModeGetsAnErrorInsteadOfTheResult) {
    Passing world;
    const SessionId plain = world.join();
    world.call(plain, 5, "lab.p");
    world.take();
    world.link(wamp::CallResult{1, sealed, box});
    EXPECT_EQ(world.take(), (Lines{"102 [8,48,5,{},\"" + unsupported + "\"]"}));
    EXPECT_TRUE(world.empty());
}

// W-PPT-02, W-PPT-05
TEST(BridgePassthru, AProgressiveResultThatItsCallerCannotOpenEndsTheCallThere) {
    Passing world;
    world.call(world.join(), 5, "lab.p", {{"receive_progress", true}});
    world.take();
    world.link(wamp::CallResult{1, plus(sealed, "progress", true), box});
    EXPECT_EQ(world.take(), (Lines{"102 [8,48,5,{},\"" + unsupported + "\"]",
                                   R"(link [49,1,{"mode":"killnowait"}])"}));
    world.link(wamp::CallResult{1, plus(sealed, "progress", true), box});
    world.link(wamp::CallResult{1, sealed, box});
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

TEST(BridgePassthru, AnErrorArrivesWithoutTheArgumentsThatItsCallerCannotOpen) {
    Passing world;
    world.call(world.join(), 5, "lab.p");
    world.take();
    world.link_error(MessageType::call, 1, "lab.error.jam", box, sealed);
    EXPECT_EQ(world.take(), (Lines{R"(102 [8,48,5,{},"lab.error.jam"])"}));
}

// W-PPT-01, W-GWY-06
TEST(BridgePassthru, TheOptionsOfAPublicationCrossAndReachThoseWhoHaveTheMode) {
    Passing world;
    const auto id = world.subscribed(world.join(opening_client), 1, "lab.t", 77);
    world.subscribed(world.join(), 1, "lab.t", 77);
    world.publish(world.opening, 1, "lab.t", plus(sealed, "x_own", 1), box);
    EXPECT_EQ(world.take(),
              (Lines{R"(link [16,2,{"acknowledge":true,)" + seal + R"(},"lab.t",)" + boxed + "]"}));
    world.link(wamp::Published{2, 900});
    EXPECT_EQ(world.take(), (Lines{"102 [36," + text(id) + ",900,{" + seal + "}," + boxed + "]"}));
    world.publish(world.opening, 2, "lab.t");
    world.link(wamp::Published{3, 901});
    EXPECT_EQ(world.take().size(), 3u);  // to the link, and to both
}

// W-PPT-02, W-PUB-04
TEST(BridgePassthru, APublicationIsRefusedWhereTheRouterBehindLacksTheMode) {
    Passing world(with(full_router, {Feature::dealer_payload_passthru_mode}));
    world.subscribed(world.join(opening_client), 1, "lab.t", 77);
    world.publish(world.opening, 1, "lab.t", sealed, box);
    world.publish(world.opening, 2, "lab.t", plus(sealed, "acknowledge", true), box);
    EXPECT_EQ(world.take(), (Lines{"101 [8,16,2,{},\"" + unsupported + "\"]"}));
    EXPECT_EQ(world.bridge.counts().publications, 0u);
}

// W-PPT-01, W-PPT-04
TEST(BridgePassthru, AnEventFromBehindReachesThoseWhoHaveTheMode) {
    Passing world;
    const auto id = world.subscribed(world.opening, 1, "lab.t.", 77, {{"match", "prefix"}});
    world.subscribed(world.join(), 1, "lab.t.", 77, {{"match", "prefix"}});
    world.link_event(77, 900, plus(plus(sealed, "topic", "lab.t.a"), "publisher", 3), box);
    EXPECT_EQ(world.take(), (Lines{"101 [36," + text(id) + R"(,900,{"topic":"lab.t.a",)" + seal +
                                   "}," + boxed + "]"}));
    world.link_event(77, 901, {{"topic", "lab.t.a"}});
    EXPECT_EQ(world.take().size(), 2u);
}

/// A callee in front of that kind, which has registered `lab.p` behind as 77.
struct Callee : Passing {
    explicit Callee(wamp::Features features, wamp::Features router = passing_router)
        : Passing(router), callee(join(features)), id(registered(callee, 1, "lab.p", 77)) {}
    SessionId callee;
    wamp::RegistrationId id;
};

// W-PPT-01, W-SEC-25
TEST(BridgePassthru, TheDetailsOfAnInvocationAndTheOptionsOfAYieldCross) {
    Callee world(opening_client);
    world.link_invocation(40, 77, plus(sealed, "trustlevel", 3), box);
    EXPECT_EQ(world.take(),
              (Lines{"102 [68,1," + text(world.id) + ",{" + seal + "}," + boxed + "]"}));
    world.yield(world.callee, 1, plus(sealed, "callee", 5), box);
    EXPECT_EQ(world.take(), (Lines{"link [70,40,{" + seal + "}," + boxed + "]"}));
}

// W-PPT-05
TEST(BridgePassthru, AProgressiveYieldCrosses) {
    Callee world(opening_client);
    world.link_invocation(40, 77, {{"receive_progress", true}});
    world.take();
    world.yield(world.callee, 1, plus(sealed, "progress", true), box);
    world.yield(world.callee, 1);
    EXPECT_EQ(world.take(), (Lines{R"(link [70,40,{"progress":true,)" + seal + "}," + boxed + "]",
                                   "link [70,40,{}]"}));
}

TEST(BridgePassthru, TheDetailsOfACalleesErrorCross) {
    Callee world(opening_client);
    world.link_invocation(40, 77);
    world.take();
    world.raise(world.callee, 1, "lab.error.jam", box, plus(sealed, "x_own", 1));
    EXPECT_EQ(world.take(),
              (Lines{"link [8,68,40,{" + seal + R"(},"lab.error.jam",)" + boxed + "]"}));
}

// W-PPT-02
TEST(BridgePassthru, ACalleeInFrontWithoutTheModeIsNotInvokedInIt) {
    Callee world(full_client);
    world.link_invocation(40, 77, sealed, box);
    EXPECT_EQ(world.take(), (Lines{"link [8,68,40,{},\"" + unsupported + "\"]"}));
    EXPECT_EQ(world.bridge.counts().invocations, 0u);
    world.link_invocation(41, 77);
    EXPECT_EQ(world.take().size(), 1u);
}

// W-PPT-02: to a router that has not announced the mode it would be a violation, and the end of the
// link.
TEST(BridgePassthru, AYieldInTheModeGoesToARouterWithoutItAsAnError) {
    for (const bool progress : {false, true}) {
        Callee world(opening_client, full_router);
        world.link_invocation(40, 77, {{"receive_progress", true}});
        world.take();
        EXPECT_TRUE(world.yield(world.callee, 1, plus(sealed, "progress", progress), box));
        EXPECT_EQ(world.take(), (Lines{"link [8,68,40,{},\"" + unsupported + "\"]"}));
        EXPECT_EQ(world.bridge.counts().invocations, 0u);
        EXPECT_FALSE(world.yield(world.callee, 1));
    }
}

TEST(BridgePassthru, ACalleesErrorGoesToARouterWithoutTheModeWithoutItsArguments) {
    Callee world(opening_client, full_router);
    world.link_invocation(40, 77);
    world.take();
    world.raise(world.callee, 1, "lab.error.jam", box, sealed);
    EXPECT_EQ(world.take(), (Lines{R"(link [8,68,40,{},"lab.error.jam"])"}));
}

TEST(BridgePassthru, WhatWaitsForTheLinkIsAsItWas) {
    Passing world(passing_router, routes_policy);
    world.link_lost();
    world.call(world.opening, 1, "hold.a", sealed, box);
    world.publish(world.opening, 2, "hold.t", sealed, box);
    world.link_up(passing_router);
    EXPECT_EQ(world.take(),
              (Lines{"link [48,1,{" + seal + R"(},"lab.a",)" + boxed + "]",
                     R"(link [16,2,{"acknowledge":true,)" + seal + R"(},"lab.t",)" + boxed + "]"}));
    world.link_lost();
    world.take();
    world.call(world.opening, 3, "hold.a", sealed, box);
    world.link_up(full_router);  // another one, which lacks the mode
    EXPECT_EQ(world.take(), (Lines{"101 [8,48,3,{},\"" + unsupported + "\"]"}));
}

TEST(BridgePassthru, ACallThatIsMadeAgainIsAsItWas) {
    Passing world(passing_router, routes_policy);
    world.call(world.opening, 1, "again.a", sealed, box);
    const Lines first = world.take();
    world.link_lost();
    world.link_up(passing_router);
    EXPECT_EQ(world.take(), first);
}

/// What comes of a call in the mode that waits while the rule for it changes.
Lines judged_again(std::string_view payload) {
    Passing world(passing_router, routes_policy);
    world.link_lost();
    world.call(world.opening, 1, "hold.a", sealed, box);
    std::string policy(routes_policy);
    const std::string rule = "id = \"all\"\nroles";
    const auto at = policy.find(rule);
    EXPECT_NE(at, std::string::npos);
    policy.replace(at, rule.size(), "id = \"all\"\n" + std::string(payload) + "\nroles");
    auto* const session = world.sessions.find(world.opening);
    session->policy = compiled_policy(policy);
    session->role = session->policy->role("user");
    world.link_up(passing_router);
    return world.take();
}

// architecture: Policy 6
TEST(BridgePassthru, WhatWaitedIsJudgedAgainAsWhatCannotBeRead) {
    EXPECT_EQ(judged_again(""), (Lines{R"(101 [8,48,1,{},"wamp.error.not_authorized"])"}));
    EXPECT_EQ(judged_again("payload = \"readable\""),
              (Lines{R"(101 [8,48,1,{},"wamp.error.not_authorized"])"}));
    const Lines sent{"link [48,1,{" + seal + R"(},"lab.a",)" + boxed + "]"};
    EXPECT_EQ(judged_again("payload = \"any\""), sent);
}

}  // namespace
}  // namespace sallyport::backend_link
