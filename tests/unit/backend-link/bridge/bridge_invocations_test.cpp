#include "backend-link/bridge/bridge_invocations.h"

#include <gtest/gtest.h>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

const Dict progress{{"progress", true}};

/// A world with the session 101, which has registered `lab.p` behind as 77.
struct CalleeWorld : BridgeWorld {
    explicit CalleeWorld(wamp::Features features = full_client)
        : callee(join(features)), id(registered(callee, 1, "lab.p", 77)) {}
    std::string invocation(wamp::RequestId request, std::string_view rest = ",{}]") const {
        return "101 [68," + std::to_string(request) + "," + std::to_string(id) + std::string(rest);
    }
    SessionId callee;
    wamp::RegistrationId id;
};

// W-RPC-03, W-ID-04, W-ID-08, W-GWY-01
TEST(BridgeInvocations, ReachTheCalleeUnderItsOwnCountedIds) {
    CalleeWorld world;
    world.link_invocation(5000, 77, {}, json("[1]", R"({"k":2})"));
    world.link_invocation(40, 77);
    EXPECT_EQ(world.take(),
              (Lines{world.invocation(1, R"(,{},[1],{"k":2}])"), world.invocation(2)}));
    EXPECT_TRUE(world.yield(world.callee, 2, {}, json("[3]")));
    EXPECT_TRUE(world.yield(world.callee, 1));
    EXPECT_EQ(world.take(), (Lines{"link [70,40,{},[3]]", "link [70,5000,{}]"}));
    EXPECT_EQ(world.bridge.counts().invocations, 0u);
    EXPECT_EQ(world.sessions.find(world.callee)->last_invocation, 2u);
}

// W-SEC-25, W-CID-04, W-SEC-02
TEST(BridgeInvocations, ScrubDetailsAndOptionsOnBothWays) {
    CalleeWorld world;
    world.link_invocation(1, 77,
                          {{"caller", 9},
                           {"caller_authid", "x"},
                           {"trustlevel", 3},
                           {"timeout", 5},
                           {"procedure", "lab.p"},
                           {"forward_for", List{}}});
    EXPECT_EQ(world.take(), (Lines{world.invocation(1)}));
    world.yield(world.callee, 1, {{"forward_for", List{}}, {"callee", 5}});
    EXPECT_EQ(world.take(), (Lines{"link [70,1,{}]"}));
}

// W-PBR-03
TEST(BridgeInvocations, NameTheProcedureForAPattern) {
    BridgeWorld world;
    const SessionId callee = world.join();
    const auto id = world.registered(callee, 1, "lab.", 78, {{"match", "prefix"}});
    world.link_invocation(1, 78, {{"procedure", "lab.x"}});
    EXPECT_EQ(world.take(),
              (Lines{"101 [68,1," + std::to_string(id) + R"(,{"procedure":"lab.x"}])"}));
}

// W-PCR-01, W-PCR-02, W-PCR-03
TEST(BridgeInvocations, LetProgressThroughWhenAskedForAndUnderstood) {
    CalleeWorld world;
    world.link_invocation(1, 77, {{"receive_progress", true}});
    EXPECT_EQ(world.take(), (Lines{world.invocation(1, R"(,{"receive_progress":true}])")}));
    EXPECT_TRUE(world.yield(world.callee, 1, progress, json("[1]")));
    EXPECT_TRUE(world.yield(world.callee, 1, progress));
    EXPECT_TRUE(world.yield(world.callee, 1, {}, json("[3]")));
    EXPECT_EQ(world.take(), (Lines{R"(link [70,1,{"progress":true},[1]])",
                                   R"(link [70,1,{"progress":true}])", "link [70,1,{},[3]]"}));
    EXPECT_FALSE(world.yield(world.callee, 1, progress));
}

// W-PCR-01, W-PCR-04, W-FEA-05
TEST(BridgeInvocations, DropProgressThatWasNotAskedForAndKeepTheInvocation) {
    CalleeWorld world(plain_client);
    world.link_invocation(1, 77, {{"receive_progress", true}});
    EXPECT_EQ(world.take(), (Lines{world.invocation(1)}));
    EXPECT_TRUE(world.yield(world.callee, 1, progress, json("[1]")));
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.yield(world.callee, 1, {}, json("[2]")));
    EXPECT_EQ(world.take(), (Lines{"link [70,1,{},[2]]"}));
}

// W-RPC-06, W-SEC-19
TEST(BridgeInvocations, PassAnErrorOfTheCalleeOnWithItsArgumentsAndWithoutDetails) {
    CalleeWorld world;
    world.link_invocation(7, 77);
    world.take();
    EXPECT_TRUE(
        world.raise(world.callee, 1, "lab.error.jam", json("[1]", R"({"k":2})"), {{"callee", 5}}));
    EXPECT_EQ(world.take(), (Lines{R"(link [8,68,7,{},"lab.error.jam",[1],{"k":2}])"}));
    EXPECT_EQ(world.bridge.counts().invocations, 0u);
}

// W-RPC-13
TEST(BridgeInvocations, LetACalleeNotSpeakWithTheRoutersErrors) {
    const std::pair<const char*, const char*> cases[] = {
        {"wamp.error.invalid_argument", "wamp.error.invalid_argument"},
        {"wamp.error.canceled", "wamp.error.canceled"},
        {"wamp.error.timeout", "wamp.error.timeout"},
        {"wamp.error.unavailable", "wamp.error.unavailable"},
        {"wamp.error.runtime_error", "wamp.error.runtime_error"},
        {"wampum.error", "wampum.error"},
        {"wamp.error.not_authorized", "sallyport.error.callee"},
        {"wamp.error.no_such_procedure", "sallyport.error.callee"},
        {"wamp.error.network_failure", "sallyport.error.callee"},
        {"wamp.close.normal", "sallyport.error.callee"},
        {"wamp", "sallyport.error.callee"},
        {"", "sallyport.error.callee"},
        {"a..b", "sallyport.error.callee"},
        {"a b", "sallyport.error.callee"},
    };
    CalleeWorld world;
    wamp::RequestId request = 0;
    for (const auto& [raised, passed] : cases) {
        world.link_invocation(++request, 77);
        world.take();
        world.raise(world.callee, request, raised);
        EXPECT_EQ(world.take(),
                  (Lines{"link [8,68," + std::to_string(request) + R"(,{},")" + passed + "\"]"}))
            << raised;
    }
}

// W-RPC-08, W-SEC-14
TEST(BridgeInvocations, AreAnsweredOnlyByTheSessionTheyWentTo) {
    CalleeWorld world;
    const SessionId other = world.join();
    world.link_invocation(7, 77);
    world.take();
    EXPECT_FALSE(world.yield(other, 1));
    EXPECT_FALSE(world.raise(other, 1, "lab.error"));
    EXPECT_FALSE(world.yield(world.callee, 7));
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.yield(world.callee, 1));
}

// W-RPC-07
TEST(BridgeInvocations, HaveOneFinalAnswer) {
    CalleeWorld world;
    world.link_invocation(7, 77);
    world.yield(world.callee, 1);
    world.take();
    EXPECT_FALSE(world.yield(world.callee, 1));
    EXPECT_FALSE(world.raise(world.callee, 1, "lab.error"));
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeInvocations, DropAnIdThatIsStillOpen) {
    CalleeWorld world;
    world.link_invocation(7, 77);
    world.take();
    world.link_invocation(7, 77);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_EQ(world.bridge.counts().invocations, 1u);
}

// W-ID-10
TEST(BridgeInvocations, SkipIdsThatAreStillPendingAfterTheyWrapAround) {
    CalleeWorld world;
    world.link_invocation(1, 77);
    world.sessions.find(world.callee)->last_invocation = wamp::id_max;
    world.take();
    world.link_invocation(2, 77);
    EXPECT_EQ(world.take(), (Lines{world.invocation(2)}));
}

// W-SUB-02
TEST(BridgeInvocations, ThatCrossAnUnregisterAreRefusedAndThoseBeforeItFinish) {
    CalleeWorld world;
    world.link_invocation(7, 77);
    world.take();
    EXPECT_TRUE(world.unregister(world.callee, 2, world.id));
    EXPECT_EQ(world.take(), (Lines{"101 [67,2]", "link [66,2,77]"}));
    world.link_invocation(8, 77);
    EXPECT_EQ(world.take(), (Lines{R"(link [8,68,8,{},"wamp.error.no_such_procedure"])"}));
    EXPECT_TRUE(world.yield(world.callee, 1, {}, json("[1]")));  // W-RPC-12
    EXPECT_EQ(world.take(), (Lines{"link [70,7,{},[1]]"}));
}

// W-RPC-10
TEST(BridgeInvocations, EndWithCanceledWhenTheCalleeLeaves) {
    CalleeWorld world;
    world.link_invocation(7, 77);
    world.link_invocation(8, 77);
    world.take();
    world.leave(world.callee);
    EXPECT_EQ(world.take(), (Lines{R"(link [8,68,7,{},"wamp.error.canceled"])",
                                   R"(link [8,68,8,{},"wamp.error.canceled"])", "link [66,2,77]"}));
    world.link_invocation(9, 77);
    EXPECT_EQ(world.take(), (Lines{R"(link [8,68,9,{},"wamp.error.no_such_procedure"])"}));
    world.link(wamp::Unregistered{2, {}});
    EXPECT_TRUE(world.empty());
}

// W-CAN-02, W-CAN-10
TEST(BridgeInvocations, PassAKillOnAndTakeTheCalleesAnswer) {
    CalleeWorld world;
    world.link_invocation(7, 77, {{"receive_progress", true}});
    world.take();
    world.link(wamp::Interrupt{7, {{"mode", "kill"}, {"reason", "who knows"}}});
    EXPECT_EQ(world.take(), (Lines{R"(101 [69,1,{"mode":"kill"}])"}));
    EXPECT_TRUE(world.yield(world.callee, 1, progress));
    EXPECT_TRUE(world.raise(world.callee, 1, uris::canceled));
    EXPECT_EQ(world.take(), (Lines{R"(link [70,7,{"progress":true}])",
                                   R"(link [8,68,7,{},"wamp.error.canceled"])"}));
    EXPECT_EQ(world.bridge.counts().invocations, 0u);
}

// W-CAN-10: the callee need not answer it, so we do.
TEST(BridgeInvocations, AreOverForTheLinkAfterKillnowait) {
    CalleeWorld world;
    world.link_invocation(7, 77);
    world.link_invocation(8, 77);
    world.take();
    world.link(wamp::Interrupt{7, {{"mode", "killnowait"}}});
    world.link(wamp::Interrupt{8, {}});
    EXPECT_EQ(world.take(),
              (Lines{R"(101 [69,1,{"mode":"killnowait"}])", R"(101 [69,2,{"mode":"killnowait"}])",
                     R"(link [8,68,7,{},"wamp.error.canceled"])",
                     R"(link [8,68,8,{},"wamp.error.canceled"])"}));
    EXPECT_FALSE(world.yield(world.callee, 1));
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_EQ(world.bridge.counts().invocations, 0u);
}

// W-CAN-03
TEST(BridgeInvocations, AreCancelledForACalleeThatCannotBeInterrupted) {
    for (const char* mode : {"kill", "killnowait"}) {
        CalleeWorld world(plain_client);
        world.link_invocation(7, 77);
        world.take();
        world.link(wamp::Interrupt{7, {{"mode", mode}}});
        EXPECT_EQ(world.take(), (Lines{R"(link [8,68,7,{},"wamp.error.canceled"])"})) << mode;
        EXPECT_FALSE(world.yield(world.callee, 1));
    }
}

// W-CAN-10
TEST(BridgeInvocations, IgnoreAnInterruptOfWhatIsOver) {
    CalleeWorld world;
    world.link_invocation(7, 77);
    world.yield(world.callee, 1);
    world.take();
    world.link(wamp::Interrupt{7, {{"mode", "kill"}}});
    world.link(wamp::Interrupt{99, {}});
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeInvocations, AreInterruptedWhenTheLinkIsLostWhereTheCalleeUnderstands) {
    CalleeWorld world;
    const SessionId plain = world.join(plain_client);
    world.registered(plain, 1, "lab.q", 78);
    world.link_invocation(7, 77);
    world.link_invocation(8, 78);
    world.take();
    world.link_lost();
    EXPECT_EQ(world.take(), (Lines{R"(101 [69,1,{"mode":"killnowait"}])"}));
    EXPECT_FALSE(world.yield(world.callee, 1));
    EXPECT_FALSE(world.yield(plain, 1));
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_EQ(world.bridge.counts().invocations, 0u);
}

TEST(BridgeInvocations, CountOnAfterTheLinkIsBack) {
    CalleeWorld world;
    world.link_invocation(7, 77);
    world.link_lost();
    world.link_up();
    world.link(wamp::Registered{1, 80});
    world.take();
    world.link_invocation(7, 80);
    EXPECT_EQ(world.take(), (Lines{world.invocation(2)}));
    EXPECT_FALSE(world.yield(world.callee, 1));
    EXPECT_TRUE(world.yield(world.callee, 2));
    EXPECT_EQ(world.take(), (Lines{"link [70,7,{}]"}));
}

// W-GWY-10
TEST(BridgeInvocations, AreBoundedPerCallee) {
    CalleeWorld world;
    for (std::size_t i = 1; i <= Invocations::invocations_per_session_max; ++i) {
        world.link_invocation(i, 77);
    }
    EXPECT_TRUE(world.out.to_link.empty());
    world.out.clear();
    world.link_invocation(5000, 77);
    EXPECT_EQ(world.take(), (Lines{R"(link [8,68,5000,{},"wamp.error.unavailable"])"}));
    world.yield(world.callee, 9);
    world.take();
    world.link_invocation(5001, 77);
    EXPECT_EQ(world.take(), (Lines{world.invocation(4097)}));
}

// A session that calls what it has registered itself.
TEST(BridgeInvocations, OfASessionsOwnCallEndCleanlyWhenItLeaves) {
    CalleeWorld world;
    world.call(world.callee, 2, "lab.p");
    world.link_invocation(7, 77);
    world.take();
    world.leave(world.callee);
    EXPECT_EQ(world.take(), (Lines{R"(link [49,2,{"mode":"killnowait"}])",
                                   R"(link [8,68,7,{},"wamp.error.canceled"])", "link [66,3,77]"}));
    world.link_error(MessageType::call, 2, uris::canceled);
    world.link(wamp::Unregistered{3, {}});
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

}  // namespace
}  // namespace sallyport::backend_link
