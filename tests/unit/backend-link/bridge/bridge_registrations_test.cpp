#include "backend-link/bridge/bridge_registrations.h"

#include <gtest/gtest.h>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

std::string text(wamp::Id id) {
    return std::to_string(id);
}

// W-RPC-01, W-ORD-03, W-GWY-01
TEST(BridgeRegistrations, AnswerWhenTheLinkHasConfirmed) {
    BridgeWorld world;
    world.enrol(world.join(), 5, "lab.p");
    EXPECT_EQ(world.take(), (Lines{R"(link [64,1,{},"lab.p"])"}));
    world.link(wamp::Registered{1, 77});
    const auto answer = world.take_only<wamp::Registered>();
    EXPECT_EQ(answer.request, 5u);
    EXPECT_NE(answer.registration, 77u);
    EXPECT_EQ(world.bridge.counts().registrations, 1u);
}

// W-SEC-10, W-RPC-15
TEST(BridgeRegistrations, SendNoOptionButMatch) {
    BridgeWorld world;
    world.enrol(world.join(), 1, "lab.",
                {{"match", "prefix"},
                 {"invoke", "single"},
                 {"force_reregister", true},
                 {"concurrency", 4},
                 {"disclose_caller", false},
                 {"forward_timeout", true}});
    EXPECT_EQ(world.take(), (Lines{R"(link [64,1,{"match":"prefix"},"lab."])"}));
}

TEST(BridgeRegistrations, AreRefusedWithAnotherInvocationPolicyThanSingle) {
    BridgeWorld world;
    const SessionId callee = world.join();
    for (const char* invoke : {"roundrobin", "random", "first", "last"}) {
        world.enrol(callee, 1, "lab.p", {{"invoke", invoke}});
        EXPECT_EQ(world.take(), (Lines{R"(101 [8,64,1,{},"wamp.error.option_not_allowed"])"}));
    }
    EXPECT_TRUE(world.empty());
}

TEST(BridgeRegistrations, WithPatternsAreRefusedWhereTheRouterHasNone) {
    Profile profile;
    profile.pattern_options = false;
    BridgeWorld world(profile);
    world.enrol(world.join(), 1, "lab.", {{"match", "prefix"}});
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,64,1,{},"wamp.error.option_not_allowed"])"}));
}

// W-GWY-07, W-RPC-14
TEST(BridgeRegistrations, BelongToTheFirstWhoAsksAlsoBeforeTheLinkConfirms) {
    BridgeWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    world.enrol(first, 1, "lab.p");
    world.take();
    world.enrol(second, 1, "lab.p");
    EXPECT_EQ(world.take(), (Lines{R"(102 [8,64,1,{},"wamp.error.procedure_already_exists"])"}));
    world.link(wamp::Registered{1, 77});
    world.take();
    world.enrol(second, 2, "lab.p");
    world.enrol(first, 2, "lab.p");
    EXPECT_EQ(world.take(), (Lines{R"(102 [8,64,2,{},"wamp.error.procedure_already_exists"])",
                                   R"(101 [8,64,2,{},"wamp.error.procedure_already_exists"])"}));
    world.enrol(second, 3, "lab.p", {{"match", "prefix"}});  // W-PBR-01
    EXPECT_EQ(world.take(), (Lines{R"(link [64,2,{"match":"prefix"},"lab.p"])"}));
}

TEST(BridgeRegistrations, AreRefusedWithTheRoutersUri) {
    BridgeWorld world;
    const SessionId callee = world.join();
    world.enrol(callee, 5, "lab.p");
    world.take();
    world.link_error(MessageType::register_, 1, uris::procedure_already_exists, json("[1]"));
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,64,5,{},"wamp.error.procedure_already_exists"])"}));
    EXPECT_TRUE(world.empty());
    world.enrol(callee, 6, "lab.p");
    EXPECT_EQ(world.take(), (Lines{R"(link [64,2,{},"lab.p"])"}));
}

TEST(BridgeRegistrations, AreRefusedWhileTheLinkIsDown) {
    BridgeWorld world;
    const SessionId callee = world.join();
    world.link_lost();
    world.enrol(callee, 1, "lab.p");
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,64,1,{},"wamp.error.unavailable"])"}));
    EXPECT_TRUE(world.empty());
}

TEST(BridgeRegistrations, AreBoundedPerSession) {
    BridgeWorld world;
    const SessionId callee = world.join();
    for (std::size_t i = 1; i <= Registrations::registrations_per_session_max; ++i) {
        world.enrol(callee, i, "lab.p" + std::to_string(i));
    }
    EXPECT_TRUE(world.out.to_sessions.empty());
    world.out.clear();
    world.enrol(callee, 2000, "lab.more");
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,64,2000,{},"wamp.error.unavailable"])"}));
}

// W-RPC-02
TEST(BridgeRegistrations, EndOnlyByTheSessionThatHasThem) {
    BridgeWorld world;
    const SessionId callee = world.join();
    const SessionId other = world.join();
    const auto id = world.registered(callee, 1, "lab.p", 77);
    EXPECT_FALSE(world.unregister(other, 1, id));
    EXPECT_FALSE(world.unregister(callee, 2, 77));
    EXPECT_FALSE(world.unregister(callee, 2, 0));
    EXPECT_TRUE(world.unregister(callee, 2, id));
    EXPECT_EQ(world.take(), (Lines{"101 [67,2]", "link [66,2,77]"}));
    EXPECT_FALSE(world.unregister(callee, 3, id));
    EXPECT_EQ(world.bridge.counts().registrations, 1u);
    world.link(wamp::Unregistered{2, {}});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeRegistrations, AreGoneTooWhenTheRouterRefusesToUnregister) {
    BridgeWorld world;
    const SessionId callee = world.join();
    const auto id = world.registered(callee, 1, "lab.p", 77);
    world.unregister(callee, 2, id);
    world.take();
    world.link_error(MessageType::unregister, 2, uris::no_such_registration);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeRegistrations, MayBeTakenAgainAtOnceByAnybody) {
    BridgeWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    const auto id = world.registered(first, 1, "lab.p", 77);
    world.unregister(first, 2, id);
    world.enrol(second, 1, "lab.p");
    EXPECT_EQ(world.take(), (Lines{"101 [67,2]", "link [66,2,77]", R"(link [64,3,{},"lab.p"])"}));
    world.link(wamp::Unregistered{2, {}});
    world.link(wamp::Registered{3, 77});
    EXPECT_NE(world.take_only<wamp::Registered>().registration, id);
    EXPECT_EQ(world.bridge.counts().registrations, 1u);
}

TEST(BridgeRegistrations, EndWhenTheirSessionLeaves) {
    BridgeWorld world;
    const SessionId callee = world.join();
    world.registered(callee, 1, "lab.p", 77);
    world.registered(callee, 2, "lab.q", 78);
    world.leave(callee);
    EXPECT_EQ(world.take(), (Lines{"link [66,3,77]", "link [66,4,78]"}));
    world.link(wamp::Unregistered{3, {}});
    world.link(wamp::Unregistered{4, {}});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeRegistrations, ThatNobodyWaitsForAnyMoreAreGivenBackWhenConfirmed) {
    BridgeWorld world;
    const SessionId callee = world.join();
    world.enrol(callee, 1, "lab.p");
    world.leave(callee);
    world.take();
    world.link(wamp::Registered{1, 77});
    EXPECT_EQ(world.take(), (Lines{"link [66,2,77]"}));
    world.link(wamp::Unregistered{2, {}});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeRegistrations, ThatNobodyWaitsForAnyMoreAreForgottenWhenRefused) {
    BridgeWorld world;
    const SessionId callee = world.join();
    world.enrol(callee, 1, "lab.p");
    world.leave(callee);
    world.take();
    world.link_error(MessageType::register_, 1, uris::not_authorized);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeRegistrations, ThatWereAskedForServeALaterSessionWhenTheFirstLeft) {
    BridgeWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    world.enrol(first, 1, "lab.p");
    world.leave(first);
    world.enrol(second, 9, "lab.p");
    EXPECT_EQ(world.take(), (Lines{R"(link [64,1,{},"lab.p"])"}));
    world.link(wamp::Registered{1, 77});
    const auto answer = world.take_only<wamp::Registered>();
    EXPECT_EQ(answer.request, 9u);
    EXPECT_TRUE(world.unregister(second, 10, answer.registration));
    world.link(wamp::Unregistered{2, {}});
    EXPECT_TRUE(world.empty());
}

// W-GWY-09
TEST(BridgeRegistrations, AreRestoredInTheirOrderUnderTheSameFrontIds) {
    BridgeWorld world;
    const SessionId callee = world.join();
    const auto one = world.registered(callee, 1, "lab.z", 77);
    world.registered(callee, 2, "lab.", 78, {{"match", "prefix"}});
    world.link_lost();
    EXPECT_EQ(world.take(), Lines{});
    world.link_up();
    EXPECT_EQ(world.take(),
              (Lines{R"(link [64,1,{},"lab.z"])", R"(link [64,2,{"match":"prefix"},"lab."])"}));
    world.link(wamp::Registered{1, 501});
    world.link(wamp::Registered{2, 502});
    EXPECT_EQ(world.take(), Lines{});
    world.link_invocation(1, 501);
    EXPECT_EQ(world.take(), (Lines{"101 [68,1," + text(one) + ",{}]"}));
}

TEST(BridgeRegistrations, ThatAreNotConfirmedFailOnceWhenTheLinkIsLost) {
    BridgeWorld world;
    const SessionId callee = world.join();
    const SessionId gone = world.join();
    world.enrol(callee, 1, "lab.p");
    world.enrol(gone, 1, "lab.q");
    world.leave(gone);
    world.take();
    world.link_lost();
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,64,1,{},"wamp.error.network_failure"])"}));
    EXPECT_TRUE(world.empty());
    world.link_up();
    world.enrol(callee, 2, "lab.p");
    EXPECT_EQ(world.take(), (Lines{R"(link [64,1,{},"lab.p"])"}));
}

// W-RRV-01, W-RRV-02
TEST(BridgeRegistrations, ThatTheRouterDoesNotTakeBackAreRevoked) {
    BridgeWorld world;
    const SessionId told = world.join(full_client);
    const SessionId untold = world.join(plain_client);
    const auto id = world.registered(told, 1, "lab.p", 77);
    const auto quiet = world.registered(untold, 1, "lab.q", 78);
    world.link_lost();
    world.link_up();
    world.take();
    world.link_error(MessageType::register_, 1, uris::procedure_already_exists);
    world.link_error(MessageType::register_, 2, uris::procedure_already_exists);
    EXPECT_EQ(world.take(), (Lines{"101 [67,0,{\"registration\":" + text(id) + "}]"}));
    EXPECT_TRUE(world.empty());
    EXPECT_FALSE(world.unregister(told, 2, id));
    EXPECT_FALSE(world.unregister(untold, 2, quiet));
    world.leave(told);
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeRegistrations, ThatTheRouterRevokesAreRevoked) {
    BridgeWorld world;
    const auto id = world.registered(world.join(), 1, "lab.p", 77);
    world.link(wamp::Unregistered{0, {{"registration", 77}, {"reason", "why"}}});
    EXPECT_EQ(world.take(), (Lines{"101 [67,0,{\"registration\":" + text(id) + "}]"}));
    EXPECT_TRUE(world.empty());
    world.link(wamp::Unregistered{0, {{"registration", 77}}});
    world.link(wamp::Unregistered{0, {}});
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeRegistrations, EndWithoutTheLinkWhileItIsDown) {
    BridgeWorld world;
    const SessionId callee = world.join();
    const SessionId other = world.join();
    const auto id = world.registered(callee, 1, "lab.p", 77);
    world.registered(other, 1, "lab.q", 78);
    world.link_lost();
    EXPECT_TRUE(world.unregister(callee, 2, id));
    EXPECT_EQ(world.take(), (Lines{"101 [67,2]"}));
    world.leave(other);
    EXPECT_TRUE(world.empty());
    world.link_up();
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeRegistrations, EndedDuringARestoreAreGivenBackWhenConfirmed) {
    BridgeWorld world;
    const SessionId callee = world.join();
    const auto id = world.registered(callee, 1, "lab.p", 77);
    world.link_lost();
    world.link_up();
    world.take();
    EXPECT_TRUE(world.unregister(callee, 2, id));
    EXPECT_EQ(world.take(), (Lines{"101 [67,2]"}));
    world.link(wamp::Registered{1, 80});
    EXPECT_EQ(world.take(), (Lines{"link [66,2,80]"}));
    world.link(wamp::Unregistered{2, {}});
    EXPECT_TRUE(world.empty());
}

}  // namespace
}  // namespace sallyport::backend_link
