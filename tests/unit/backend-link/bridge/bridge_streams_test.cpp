// Calls whose arguments come in several CALLs (requirements: Progressive call invocations).
#include <gtest/gtest.h>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

const Dict more{{"progress", true}};

wamp::Features with(wamp::Features features, std::initializer_list<Feature> others) {
    for (const Feature other : others) features.add(other);
    return features;
}
const wamp::Features able_router =
    with(full_router, {Feature::dealer_progressive_call_invocations});
const wamp::Features able_client =
    with(full_client, {Feature::callee_progressive_call_invocations});

struct StreamWorld : BridgeWorld {
    explicit StreamWorld(Profile profile = profile_of(BackendKind::generic),
                         std::string_view policy = bridge_policy)
        : BridgeWorld(profile, able_router, policy) {}
    bool proceed(SessionId from, wamp::RequestId request, std::string_view uri,
                 wamp::Payload payload, bool last = false) {
        return bridge.proceed(from, {request, last ? Dict{} : more, std::string(uri), payload},
                              out);
    }
};

// W-PCI-01, W-PCI-04
TEST(BridgeStreams, CrossUnderOneIdAndNothingButProgressFollows) {
    StreamWorld world;
    const SessionId caller = world.join();
    world.call(caller, 5, "lab.p", {{"progress", true}, {"receive_progress", true}}, json("[1]"));
    world.call(caller, 6, "lab.q");
    EXPECT_TRUE(world.proceed(caller, 5, "lab.p", json("[2]")));
    EXPECT_TRUE(world.proceed(caller, 5, "lab.p", json("[3]"), true));
    EXPECT_TRUE(world.proceed(caller, 5, "lab.p", json("[4]")));
    EXPECT_EQ(world.take(),
              (Lines{R"(link [48,1,{"progress":true,"receive_progress":true},"lab.p",[1]])",
                     R"(link [48,2,{},"lab.q"])", R"(link [48,1,{"progress":true},"lab.p",[2]])",
                     R"(link [48,1,{},"lab.p",[3]])"}));
    world.link(wamp::CallResult{1, more, json("[7]")});
    world.link(wamp::CallResult{1, {}, json("[8]")});
    EXPECT_EQ(world.take(), (Lines{R"(101 [50,5,{"progress":true},[7]])", "101 [50,5,{},[8]]"}));
    EXPECT_FALSE(world.proceed(caller, 5, "lab.p", json("[4]")));
}

TEST(BridgeStreams, NameTheProcedureAsTheRouteDoesAndTheCallerEachTime) {
    StreamWorld world(profile_of(BackendKind::sallyport), routes_policy);
    const SessionId caller = world.join();
    world.call(caller, 1, "out.p", more);
    world.proceed(caller, 1, "out.p", json("[2]"));
    world.proceed(caller, 1, "out.p", json("[3]"), true);
    const std::string who =
        R"("forward_for":[{"session":101,"authid":"alice","authrole":"user"}],"x_request":1)";
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{"progress":true,)" + who + R"(},"lab.p"])",
                                   R"(link [48,1,{"progress":true,)" + who + R"(},"lab.p",[2]])",
                                   "link [48,1,{" + who + R"(},"lab.p",[3]])"}));
}

// W-PCI-03, W-PCI-11
TEST(BridgeStreams, AreRefusedWhereTheRouterHasNone) {
    for (const bool crossbar : {false, true}) {
        BridgeWorld world(profile_of(crossbar ? BackendKind::crossbar : BackendKind::generic),
                          crossbar ? able_router : full_router);
        world.call(world.join(), 1, "lab.p", more);
        EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.feature_not_supported"])"}));
        EXPECT_TRUE(world.empty());
    }
}

// W-CAN-02
TEST(BridgeStreams, ACalleeIsToldInTheEndThatNothingFollowsASkip) {
    for (const bool leaves : {false, true}) {
        StreamWorld world;
        const SessionId caller = world.join();
        world.call(caller, 1, "lab.p", more);
        world.take();
        world.cancel(caller, 1, "skip");
        EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.canceled"])"}));
        if (leaves) {
            world.leave(caller);
        } else {
            world.advance(61s);
        }
        EXPECT_EQ(world.take(), (Lines{R"(link [49,1,{"mode":"killnowait"}])"})) << leaves;
        EXPECT_TRUE(world.empty());
    }
}

// W-PCI-05, W-CAN-02
TEST(BridgeStreams, NothingFollowsACancelOrTheEndOfTheLink) {
    for (const char* mode : {"skip", "kill", "killnowait"}) {
        StreamWorld world;
        const SessionId caller = world.join();
        world.call(caller, 1, "lab.p", more);
        world.cancel(caller, 1, mode);
        world.take();
        world.proceed(caller, 1, "lab.p", json("[2]"));
        EXPECT_EQ(world.take(), Lines{}) << mode;
    }
    StreamWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.timed", more);
    world.take();
    world.advance(2s);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.timeout"])",
                                   R"(link [49,1,{"mode":"killnowait"}])"}));
    EXPECT_FALSE(world.proceed(caller, 1, "lab.timed", json("[2]")));
    world.call(caller, 2, "lab.p", more);
    world.link_lost();
    world.take();
    EXPECT_FALSE(world.proceed(caller, 2, "lab.p", json("[2]")));
}

// Their further CALLs would have to wait as well, or be made again.
TEST(BridgeStreams, NeitherWaitForALinkNorAreRepeated) {
    StreamWorld world(profile_of(BackendKind::sallyport), routes_policy);
    const SessionId caller = world.join();
    world.call(caller, 1, "again.p", more);
    world.link_lost();
    world.take();
    world.call(caller, 2, "hold.p", more);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,2,{},"wamp.error.unavailable"])"}));
    world.link_up(able_router);
    EXPECT_EQ(world.take(), Lines{});
}

struct CalleeWorld : StreamWorld {
    explicit CalleeWorld(wamp::Features features = able_client)
        : callee(join(features)), id(registered(callee, 1, "lab.p", 77)) {}
    std::string invocation(wamp::RequestId request, std::string_view rest) const {
        return "101 [68," + std::to_string(request) + "," + std::to_string(id) + std::string(rest);
    }
    SessionId callee;
    wamp::RegistrationId id;
};

// W-PCI-01, W-PCI-06
TEST(BridgeStreams, ReachAFrontCalleeUnderOneIdOfItsOwn) {
    CalleeWorld world;
    world.link_invocation(40, 77, more, json("[1]"));
    world.link_invocation(41, 77);
    world.link_invocation(40, 77, {{"progress", true}, {"caller", 9}}, json("[2]"));
    world.link_invocation(40, 77, {}, json("[3]"));
    world.link_invocation(40, 77, {}, json("[4]"));
    EXPECT_EQ(world.take(),
              (Lines{world.invocation(1, R"(,{"progress":true},[1]])"), world.invocation(2, ",{}]"),
                     world.invocation(1, R"(,{"progress":true},[2]])"),
                     world.invocation(1, ",{},[3]]")}));
    world.yield(world.callee, 1, {}, json("[9]"));
    EXPECT_EQ(world.take(), (Lines{"link [70,40,{},[9]]"}));
}

// W-PCI-05
TEST(BridgeStreams, WhatTheAnswerHasCrossedIsNoNewInvocation) {
    CalleeWorld world;
    world.link_invocation(40, 77, more);
    world.yield(world.callee, 1);
    world.take();
    world.link_invocation(40, 77, more);
    world.link_invocation(40, 77);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_EQ(world.bridge.counts().invocations, 0u);
}

// W-PCI-03, W-FEA-05
TEST(BridgeStreams, AFrontCalleeWithoutTheFeatureGetsNone) {
    CalleeWorld world(full_client);
    world.link_invocation(40, 77, more);
    world.link_invocation(40, 77);
    EXPECT_EQ(world.take(), (Lines{R"(link [8,68,40,{},"wamp.error.feature_not_supported"])"}));
}

TEST(BridgeStreams, NothingReachesACalleeThatWasInterruptedOrHasLeft) {
    CalleeWorld world;
    world.link_invocation(40, 77, more);
    world.take();
    world.link(wamp::Interrupt{40, {{"mode", "killnowait"}}});
    world.take();
    world.link_invocation(40, 77, more);
    EXPECT_EQ(world.take(), Lines{});
    world.link_invocation(41, 77, more);
    world.leave(world.callee);
    world.take();
    world.link_invocation(41, 77, more);
    EXPECT_EQ(world.take(), Lines{});
}

}  // namespace
}  // namespace sallyport::backend_link
