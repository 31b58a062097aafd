#include "backend-link/bridge/bridge_calls.h"

#include <gtest/gtest.h>

#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

const Dict progress{{"progress", true}};
const Dict wants_progress{{"receive_progress", true}};

// W-RPC-03, W-GWY-01
TEST(BridgeCalls, GiveACallAnIdOfTheLinkAndBringTheResultBackUnderTheCallersId) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 41, "lab.add", {}, json("[1,2]", R"({"x":3})"));
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.add",[1,2],{"x":3}])"}));
    EXPECT_EQ(world.bridge.counts().calls, 1u);
    world.link(wamp::CallResult{1, {}, json("[3]")});
    EXPECT_EQ(world.take(), (Lines{"101 [50,41,{},[3]]"}));
    EXPECT_TRUE(world.empty());
}

TEST(BridgeCalls, KeepThePayloadWhereItIs) {
    BridgeWorld world;
    const std::string args = "[1]";
    world.call(world.join(), 1, "lab.add", {}, json(args));
    EXPECT_EQ(std::get<wamp::Call>(world.out.to_link[0]).payload.args.data(), args.data());
}

// W-GWY-02, W-SEC-25, W-TMO-04
TEST(BridgeCalls, SendNoOptionThatIsNotOnTheAllowList) {
    BridgeWorld world;
    world.call(world.join(), 1, "lab.add",
               {{"timeout", 5000},
                {"disclose_me", false},
                {"forward_for", List{}},
                {"caller", 7},
                {"x_mine", 1},
                {"x_request", 7}});
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.add"])"}));
}

// W-R2R-04, W-CID-04
TEST(BridgeCalls, ConveyTheCallersIdentityToARouterThatTrustsUs) {
    BridgeWorld world(profile_of(BackendKind::sallyport));
    world.call(
        world.join(full_client, "user", "bob"), 1, "lab.add",
        {{"forward_for", List{Dict{{"session", 1}, {"authid", "root"}, {"authrole", "x"}}}}});
    EXPECT_EQ(
        world.take(),
        (Lines{
            R"(link [48,1,{"forward_for":[{"session":101,"authid":"bob","authrole":"user"}],"x_request":1},"lab.add"])"}));
}

// W-RPC-06
TEST(BridgeCalls, PassAnErrorOnWithItsUriAndArgumentsAndWithoutItsDetails) {
    BridgeWorld world;
    world.call(world.join(), 5, "lab.add");
    world.take();
    world.link_error(MessageType::call, 1, "lab.error.jam", json("[1]", R"({"k":2})"),
                     {{"callee", 99}});
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,5,{},"lab.error.jam",[1],{"k":2}])"}));
    EXPECT_TRUE(world.empty());
}

// W-GWY-11
TEST(BridgeCalls, TakeTheArgumentsOutOfWhatTheRouterItselfRefuses) {
    BridgeWorld world;
    const SessionId caller = world.join();
    for (const std::string_view uri : {uris::not_authorized, uris::no_such_procedure}) {
        world.call(caller, 1, "lab.add");
        const auto back = std::get<wamp::Call>(world.out.to_link[0]).request;
        world.out.clear();
        world.link_error(MessageType::call, back, uri, json(R"(["session 8123 of role x"])"));
        EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},")" + std::string(uri) + "\"]"}));
    }
}

// W-GWY-11
TEST(BridgeCalls, ScrubTheDetailsOfAResult) {
    BridgeWorld world;
    world.call(world.join(), 1, "lab.add");
    world.take();
    world.link(wamp::CallResult{1, {{"callee", 9}, {"callee_authid", "x"}}, json("[1]")});
    EXPECT_EQ(world.take(), (Lines{"101 [50,1,{},[1]]"}));
}

// W-RPC-07
TEST(BridgeCalls, DropASecondAnswer) {
    BridgeWorld world;
    world.call(world.join(), 1, "lab.add");
    world.link(wamp::CallResult{1, {}, {}});
    world.take();
    world.link(wamp::CallResult{1, {}, {}});
    world.link_error(MessageType::call, 1, "lab.error");
    EXPECT_EQ(world.take(), Lines{});
}

// W-ID-10
TEST(BridgeCalls, AnswerAnIdOnceThoughItIsUsedAgainWhileOpen) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.add");
    world.call(caller, 1, "lab.add");
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.add"])"}));
    world.link(wamp::CallResult{1, {}, {}});
    EXPECT_EQ(world.take(), Lines{"101 [50,1,{}]"});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeCalls, TellTheSameIdOfTwoCallersApart) {
    BridgeWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    world.call(first, 1, "lab.a");
    world.call(second, 1, "lab.b");
    world.take();
    world.link(wamp::CallResult{2, {}, json("[2]")});
    world.link(wamp::CallResult{1, {}, json("[1]")});
    EXPECT_EQ(world.take(), (Lines{"102 [50,1,{},[2]]", "101 [50,1,{},[1]]"}));
}

TEST(BridgeCalls, AreRefusedAtOnceWhileTheLinkIsDown) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.link_lost();
    world.call(caller, 1, "lab.add");
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.unavailable"])"}));
    EXPECT_TRUE(world.empty());
}

TEST(BridgeCalls, EndOnceWithNetworkFailureWhenTheLinkIsLost) {
    BridgeWorld world;
    const SessionId first = world.join();
    const SessionId second = world.join();
    world.call(first, 1, "lab.a");
    world.call(second, 1, "lab.b");
    world.call(first, 2, "lab.c");
    world.take();
    world.link_lost();
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.network_failure"])",
                                   R"(102 [8,48,1,{},"wamp.error.network_failure"])",
                                   R"(101 [8,48,2,{},"wamp.error.network_failure"])"}));
    EXPECT_TRUE(world.empty());
    world.link_lost();
    world.link_up();
    world.link(wamp::CallResult{1, {}, {}});
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeCalls, AreNumberedAnewOnANewLink) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.a");
    world.link_lost();
    world.link_up();
    world.take();
    world.call(caller, 2, "lab.a");
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.a"])"}));
}

// W-GWY-10
TEST(BridgeCalls, AreBoundedPerSessionWithoutARuleToo) {
    BridgeWorld world;
    const SessionId caller = world.join();
    for (std::size_t i = 1; i <= Calls::calls_per_session_max; ++i) world.call(caller, i, "lab.a");
    EXPECT_EQ(world.out.to_link.size(), Calls::calls_per_session_max);
    EXPECT_TRUE(world.out.to_sessions.empty());
    world.out.clear();
    world.call(caller, Calls::calls_per_session_max + 1, "lab.a");
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,4097,{},"wamp.error.unavailable"])"}));
}

// W-PCR-02, W-PCR-03
TEST(BridgeCalls, PassProgressOnToACallerThatAskedForIt) {
    BridgeWorld world;
    world.call(world.join(), 1, "lab.a", wants_progress);
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{"receive_progress":true},"lab.a"])"}));
    world.link(wamp::CallResult{1, {{"progress", true}, {"callee", 1}}, json("[1]")});
    world.link(wamp::CallResult{1, progress, {}});
    world.link(wamp::CallResult{1, {}, json("[3]")});
    EXPECT_EQ(world.take(), (Lines{R"(101 [50,1,{"progress":true},[1]])",
                                   R"(101 [50,1,{"progress":true}])", "101 [50,1,{},[3]]"}));
    EXPECT_TRUE(world.empty());
}

// W-PCR-01
TEST(BridgeCalls, AskForProgressOnlyWhenCallerAndRouterBothAnnouncedIt) {
    BridgeWorld world;
    world.call(world.join(plain_client), 1, "lab.a", wants_progress);
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.a"])"}));
    BridgeWorld plain(profile_of(BackendKind::generic), plain_router);
    plain.call(plain.join(), 1, "lab.a", wants_progress);
    EXPECT_EQ(plain.take(), (Lines{R"(link [48,1,{},"lab.a"])"}));
}

// W-PCR-04
TEST(BridgeCalls, DropProgressThatNobodyAskedForAndKeepTheCallOpen) {
    BridgeWorld world;
    world.call(world.join(), 1, "lab.a");
    world.take();
    world.link(wamp::CallResult{1, progress, json("[1]")});
    EXPECT_EQ(world.take(), Lines{});
    world.link(wamp::CallResult{1, {}, json("[2]")});
    EXPECT_EQ(world.take(), Lines{"101 [50,1,{},[2]]"});
}

// W-TMO-02, W-TMO-04
TEST(BridgeCalls, EndWithTimeoutAndCancelBehind) {
    BridgeWorld world;
    world.call(world.join(), 1, "lab.a", {{"timeout", 500}});
    world.take();
    EXPECT_EQ(world.bridge.deadline(), world.now + 500ms);
    world.advance(499ms);
    EXPECT_EQ(world.take(), Lines{});
    world.advance(1ms);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.timeout"])",
                                   R"(link [49,1,{"mode":"killnowait"}])"}));
    world.link(wamp::CallResult{1, {}, json("[1]")});
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
    EXPECT_EQ(world.bridge.deadline(), wamp::never);
}

// W-TMO-01, W-TMO-05
TEST(BridgeCalls, TakeTheSmallerOfTheRulesTimeoutAndTheCallers) {
    BridgeWorld world;
    const SessionId caller = world.join();
    const auto deadline_of = [&](wamp::RequestId request, std::string_view uri, Dict options) {
        world.call(caller, request, uri, std::move(options));
        const wamp::Instant due = world.bridge.deadline();
        world.link(wamp::CallResult{std::get<wamp::Call>(world.out.to_link[0]).request, {}, {}});
        world.out.clear();
        return due;
    };
    EXPECT_EQ(deadline_of(1, "lab.timed", {}), world.now + 2s);
    EXPECT_EQ(deadline_of(2, "lab.timed", {{"timeout", 0}}), world.now + 2s);
    EXPECT_EQ(deadline_of(3, "lab.timed", {{"timeout", 1500}}), world.now + 1500ms);
    EXPECT_EQ(deadline_of(4, "lab.timed", {{"timeout", 2500}}), world.now + 2s);
    EXPECT_EQ(deadline_of(5, "lab.a", {{"timeout", 0}}), wamp::never);
    const wamp::Instant latest = world.now + std::chrono::hours(24 * 30);
    EXPECT_EQ(deadline_of(6, "lab.a", {{"timeout", std::uint64_t{30} * 86'400'000}}), latest);
    EXPECT_EQ(deadline_of(7, "lab.a", {{"timeout", std::uint64_t{30} * 86'400'000 + 1}}), latest);
    EXPECT_EQ(deadline_of(8, "lab.a", {{"timeout", UINT64_MAX}}), latest);
}

// W-PCR-06, W-SUB-07
TEST(BridgeCalls, RearmTheTimeoutOnEachProgressiveResult) {
    BridgeWorld world;
    world.call(world.join(), 1, "lab.a", {{"timeout", 200}, {"receive_progress", true}});
    for (int i = 0; i < 6; ++i) {
        world.advance(150ms);
        world.link(wamp::CallResult{1, progress, {}});
    }
    EXPECT_EQ(world.take().size(), 7u);
    world.advance(199ms);
    EXPECT_EQ(world.take(), Lines{});
    world.advance(1ms);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.timeout"])",
                                   R"(link [49,1,{"mode":"killnowait"}])"}));
    world.link(wamp::CallResult{1, progress, {}});
    EXPECT_EQ(world.take(), Lines{});
}

// W-SUB-04, W-TMO-06
TEST(BridgeCalls, HaveOneOutcomeWhenResultAndTimerMeet) {
    BridgeWorld world;
    world.call(world.join(), 1, "lab.a", {{"timeout", 200}});
    world.take();
    world.now += 200ms;
    world.link(wamp::CallResult{1, {}, {}});
    EXPECT_EQ(world.take(), Lines{"101 [50,1,{}]"});
    world.advance(0ms);
    EXPECT_EQ(world.take(), Lines{});
}

// W-CAN-02
TEST(BridgeCalls, AreAnsweredAtOnceWhenCancelledWithSkipAndNothingIsSentBehind) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.a");
    world.take();
    EXPECT_TRUE(world.cancel(caller, 1, "skip"));
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.canceled"])"}));
    world.link(wamp::CallResult{1, {}, {}});
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

// W-CAN-01, W-SUB-03
TEST(BridgeCalls, AreCancelledBehindWithKillnowaitWhichIsTheDefault) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.a");
    world.take();
    EXPECT_TRUE(world.bridge.cancel(caller, {1, {}}, world.now, world.out));
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.canceled"])",
                                   R"(link [49,1,{"mode":"killnowait"}])"}));
    world.link_error(MessageType::call, 1, uris::canceled);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

// W-CAN-02, W-CAN-07, W-CAN-10
TEST(BridgeCalls, WaitForTheBackendsAnswerAfterKill) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.a", wants_progress);
    world.call(caller, 2, "lab.a");
    world.take();
    EXPECT_TRUE(world.cancel(caller, 1, "kill"));
    EXPECT_TRUE(world.cancel(caller, 2, "kill"));
    EXPECT_EQ(world.take(),
              (Lines{R"(link [49,1,{"mode":"kill"}])", R"(link [49,2,{"mode":"kill"}])"}));
    world.link(wamp::CallResult{1, progress, {}});
    world.link(wamp::CallResult{1, {}, json("[1]")});
    world.link_error(MessageType::call, 2, uris::canceled);
    EXPECT_EQ(world.take(), (Lines{R"(101 [50,1,{"progress":true}])", "101 [50,1,{},[1]]",
                                   R"(101 [8,48,2,{},"wamp.error.canceled"])"}));
    EXPECT_TRUE(world.empty());
}

// W-CAN-06, W-SUB-20
TEST(BridgeCalls, EndAKillThatTheBackendIgnoresAfterTenSeconds) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.a", {{"receive_progress", true}, {"timeout", 60'000}});
    world.take();
    world.cancel(caller, 1, "kill");
    world.advance(9s);
    world.link(wamp::CallResult{1, progress, {}});
    world.take();
    world.advance(999ms);
    EXPECT_EQ(world.take(), Lines{});
    world.advance(1ms);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.canceled"])"}));
    world.link(wamp::CallResult{1, {}, {}});
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeCalls, EndAKillAtTheCallsOwnTimeoutWhenThatIsSooner) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.a", {{"timeout", 3000}});
    world.cancel(caller, 1, "kill");
    world.take();
    world.advance(3s);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.canceled"])"}));
}

// W-CAN-06
TEST(BridgeCalls, UpgradeAKillToKillnowaitAndIgnoreOtherRepetitions) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.a");
    world.cancel(caller, 1, "kill");
    world.take();
    EXPECT_TRUE(world.cancel(caller, 1, "kill"));
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.cancel(caller, 1, "killnowait"));
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.canceled"])"}));
    EXPECT_FALSE(world.cancel(caller, 1, "killnowait"));
    EXPECT_EQ(world.take(), Lines{});
}

// W-CAN-03
TEST(BridgeCalls, AreSkippedWhenTheRouterBehindCannotCancel) {
    for (const std::string_view mode : {"skip", "kill", "killnowait"}) {
        BridgeWorld world(profile_of(BackendKind::generic), plain_router);
        const SessionId caller = world.join();
        world.call(caller, 1, "lab.a");
        world.take();
        EXPECT_TRUE(world.cancel(caller, 1, mode));
        EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.canceled"])"})) << mode;
    }
}

TEST(BridgeCalls, SendNoCancelOnTimeoutOrLeaveToARouterThatCannot) {
    BridgeWorld world(profile_of(BackendKind::generic), plain_router);
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.timed");
    world.call(caller, 2, "lab.a");
    world.take();
    world.advance(2s);
    world.leave(caller);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.timeout"])"}));
}

// W-CAN-05
TEST(BridgeCalls, KnowNothingOfACancelForAFinishedCallOrAnothersCall) {
    BridgeWorld world;
    const SessionId caller = world.join();
    const SessionId other = world.join();
    world.call(caller, 1, "lab.a");
    world.take();
    EXPECT_FALSE(world.cancel(other, 1, "kill"));
    EXPECT_FALSE(world.cancel(caller, 2, "kill"));
    world.link(wamp::CallResult{1, {}, {}});
    world.take();
    EXPECT_FALSE(world.cancel(caller, 1, "kill"));
    EXPECT_EQ(world.take(), Lines{});
}

// A caller must not run more at once behind than its rule says by cancelling what it no longer
// waits for.
TEST(BridgeCalls, HoldTheirLeaseUntilTheBackendIsDoneHoweverTheCallerWasAnswered) {
    BridgeWorld world;
    const SessionId caller = world.join();
    wamp::RequestId request = 0;
    const auto call = [&](std::string_view uri) { world.call(caller, ++request, uri); };
    call("lab.a");
    world.cancel(caller, 1, "skip");
    EXPECT_EQ(world.tally.counts(), 1u);
    world.link(wamp::CallResult{1, {}, {}});
    EXPECT_EQ(world.tally.counts(), 0u);
    call("lab.timed");
    world.advance(2s);
    EXPECT_EQ(world.tally.counts(), 1u);
    world.link_error(MessageType::call, 2, "wamp.error.canceled");
    EXPECT_EQ(world.tally.counts(), 0u);
    call("lab.a");
    world.link_lost();
    EXPECT_EQ(world.tally.counts(), 0u);
    call("lab.a");  // refused
    EXPECT_EQ(world.tally.counts(), 0u);
    world.link_up();
    call("lab.a");
    world.leave(caller);
    EXPECT_EQ(world.tally.counts(), 0u);
}

TEST(BridgeCalls, ForgetACancelledCallThatTheBackendNeverAnswersAfterAMinute) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.other");
    world.cancel(caller, 1, "skip");
    world.take();
    world.advance(59s);
    EXPECT_EQ(world.bridge.counts().calls, 1u);
    world.advance(1s);
    EXPECT_TRUE(world.empty());
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeCalls, ThatWereAnsweredByUsGetNothingMoreWhenTheLinkIsLost) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.a");
    world.cancel(caller, 1, "killnowait");
    world.take();
    world.link_lost();
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeCalls, MayUseTheIdOfACancelledCallAgain) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.a");
    world.cancel(caller, 1, "skip");
    world.call(caller, 1, "lab.b");
    world.take();
    world.link(wamp::CallResult{1, {}, json("[1]")});
    EXPECT_EQ(world.take(), Lines{});
    world.link(wamp::CallResult{2, {}, json("[2]")});
    EXPECT_EQ(world.take(), (Lines{"101 [50,1,{},[2]]"}));
    EXPECT_TRUE(world.empty());
}

// W-RPC-09, W-SUB-06
TEST(BridgeCalls, AreCancelledBehindWhenTheCallerLeaves) {
    BridgeWorld world;
    const SessionId caller = world.join();
    world.call(caller, 1, "lab.a");
    world.call(caller, 2, "lab.b");
    world.call(caller, 3, "lab.c");
    world.cancel(caller, 1, "skip");
    world.cancel(caller, 2, "kill");
    world.take();
    world.leave(caller);
    EXPECT_EQ(world.take(), (Lines{R"(link [49,3,{"mode":"killnowait"}])"}));
    EXPECT_TRUE(world.empty());
    for (const wamp::RequestId back : {1u, 2u, 3u}) world.link(wamp::CallResult{back, {}, {}});
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeCalls, LeaveNothingBehindAfterManyCallersCameAndWent) {
    BridgeWorld world;
    for (int i = 0; i < 1000; ++i) {
        const SessionId caller = world.join();
        world.call(caller, 1, "lab.timed");
        world.call(caller, 2, "lab.other");
        world.leave(caller);
        world.out.clear();
    }
    EXPECT_TRUE(world.empty());
    EXPECT_EQ(world.bridge.deadline(), wamp::never);
}

}  // namespace
}  // namespace sallyport::backend_link
