#include "backend-link/bridge/bridge_waiting.h"

#include <gtest/gtest.h>

#include "backend-link/bridge/bridge_calls.h"
#include "tests/unit/backend-link/bridge/bridge_world.h"

namespace sallyport::backend_link {
namespace {

// Profiles that convey nobody keep the lines short.
BridgeWorld plain_world() {
    return BridgeWorld(profile_of(BackendKind::generic), full_router, routes_policy);
}

/// A world whose link is lost.
struct Down : BridgeWorld {
    Down() : BridgeWorld(profile_of(BackendKind::generic), full_router, routes_policy) {
        link_lost();
        take();
    }
};

TEST(BridgeWaiting, LetsEveryKindOfRequestWaitAndSendsThemInTheirOrder) {
    Down world;
    const SessionId session = world.join();
    world.publish(session, 1, "hold.t", {}, json("[1]"));
    world.call(session, 2, "hold.a", {}, json("[2]"));
    world.subscribe(session, 3, "hold.t");
    world.enrol(session, 4, "hold.p");
    world.call(session, 5, "hold.b", {}, json("[5]", R"({"k":1})"));
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_EQ(world.bridge.counts().waiting, 5u);
    EXPECT_GT(world.bridge.counts().waiting_bytes, 5u * 512u);
    world.link_up();
    EXPECT_EQ(world.take(),
              (Lines{R"(link [16,1,{"acknowledge":true},"lab.t",[1]])",
                     R"(link [48,2,{},"lab.a",[2]])", R"(link [32,3,{},"lab.t"])",
                     R"(link [64,4,{},"lab.p"])", R"(link [48,5,{},"lab.b",[5],{"k":1}])"}));
    EXPECT_EQ(world.bridge.counts().waiting, 0u);
    EXPECT_EQ(world.bridge.counts().waiting_bytes, 0u);
    world.link(wamp::CallResult{2, {}, json("[3]")});
    EXPECT_EQ(world.take(), (Lines{"101 [50,2,{},[3]]"}));
}

TEST(BridgeWaiting, CountsWhatWaitsForTheLinkButNoCallInFlight) {
    wamp::flow::CircuitBytes under_way(1'000'000);
    Down world;
    world.bridge.count_in(under_way);
    const SessionId session = world.join();
    world.call(session, 1, "both.a", {}, json("[1]"));
    world.publish(session, 2, "hold.t", {}, json("[2]"));
    EXPECT_EQ(under_way.bytes(), world.bridge.counts().waiting_bytes);
    EXPECT_GT(under_way.bytes(), 0U);
    world.link_up();
    EXPECT_GT(world.bridge.counts().waiting_bytes, 0U) << "the call is kept to be repeated";
    const std::size_t publication = under_way.bytes();
    EXPECT_GT(publication, 0U) << "it is not acknowledged";
    world.link(wamp::Published{2, 77});
    EXPECT_EQ(under_way.bytes(), 0U);
    world.publish(session, 3, "hold.t", {}, json("[3]"));
    EXPECT_EQ(under_way.bytes(), publication);
    world.link_lost();
    EXPECT_EQ(under_way.bytes(), world.bridge.counts().waiting_bytes) << "the call waits again";
    world.call(session, 4, "hold.b", {}, json("[4]"));
    world.leave(session);
    EXPECT_EQ(under_way.bytes(), 0U);
}

TEST(BridgeWaiting, IsThereBeforeTheLinkWasUpForTheFirstTime) {
    policy::Sessions sessions;
    wamp::Random random({2});
    policy::Judge judge(policy::AuditTrail::Level::nothing, random);
    FrontIds ids(99);
    Bridge bridge(profile_of(BackendKind::generic), sessions, judge, ids, 0, wamp::Random({1}));
    const auto policy = compiled_policy(routes_policy);
    policy::Session session;
    session.id = 5;
    session.policy = policy;
    session.role = policy->role("user");
    policy::Session& caller = sessions.add(std::move(session));
    BridgeOutbox out;
    auto permit = std::get<policy::Permit>(
        policy->decide({policy->role("user"), {}, "user", 5}, {policy::Action::call, "hold.a"}));
    bridge.forward(caller, std::move(permit), wamp::Call{1, {}, "hold.a", {}}, wamp::Instant{1s},
                   out);
    EXPECT_TRUE(out.to_sessions.empty() && out.to_link.empty());
    EXPECT_EQ(bridge.deadline(), wamp::Instant{3s});
    bridge.on_link_up(full_router, {}, wamp::Instant{2s}, out);
    EXPECT_TRUE(out.to_link.empty());
    ASSERT_EQ(bridge.waiting().size(), 1u);
    EXPECT_EQ(bridge.waiting()[0].from, caller.id);
    bridge.forward_waiting(caller.id, out);
    ASSERT_EQ(out.to_link.size(), 1u);
    EXPECT_EQ(std::get<wamp::Call>(out.to_link[0]).procedure, "lab.a");
}

TEST(BridgeWaiting, RefusesAtOnceWhereTheRouteDoesNotWait) {
    Down world;
    const SessionId session = world.join();
    world.call(session, 1, "out.a");
    world.publish(session, 2, "out.t", {{"acknowledge", true}});
    world.subscribe(session, 3, "out.t");
    world.enrol(session, 4, "out.p");
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.unavailable"])",
                                   R"(101 [8,16,2,{},"wamp.error.unavailable"])",
                                   R"(101 [8,32,3,{},"wamp.error.unavailable"])",
                                   R"(101 [8,64,4,{},"wamp.error.unavailable"])"}));
}

TEST(BridgeWaiting, EndsWhenTheTimeOfTheRouteIsUp) {
    Down world;
    const SessionId session = world.join();
    world.call(session, 1, "hold.a");
    world.publish(session, 2, "hold.t", {{"acknowledge", true}});
    world.publish(session, 3, "hold.t");
    world.subscribe(session, 4, "hold.t");
    world.enrol(session, 5, "hold.p");
    world.advance(1999ms);
    EXPECT_EQ(world.take(), Lines{});
    world.advance(1ms);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.unavailable"])",
                                   R"(101 [8,16,2,{},"wamp.error.unavailable"])",
                                   R"(101 [8,32,4,{},"wamp.error.unavailable"])",
                                   R"(101 [8,64,5,{},"wamp.error.unavailable"])"}));
    EXPECT_EQ(world.bridge.deadline(), wamp::never);
    world.link_up();
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeWaiting, CountsACallsOwnTimeoutFromItsStart) {
    Down world;
    const SessionId session = world.join();
    world.call(session, 1, "hold.a", {{"timeout", 500}});
    world.call(session, 2, "hold.timed");
    world.call(session, 3, "hold.a", {{"timeout", 60'000}});
    world.advance(500ms);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.timeout"])"}));
    world.advance(200ms);
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.timed"])", R"(link [48,2,{},"lab.a"])"}));
    world.advance(299ms);
    EXPECT_EQ(world.take(), Lines{});
    world.advance(1ms);  // a second since the call, not since the link is back
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,2,{},"wamp.error.timeout"])",
                                   R"(link [49,1,{"mode":"killnowait"}])"}));
}

// W-CAN-02, W-RPC-07
TEST(BridgeWaiting, EndsWithACancelWhateverItsMode) {
    Down world;
    const SessionId session = world.join();
    wamp::RequestId request = 0;
    for (const char* mode : {"skip", "kill", "killnowait"}) {
        world.call(session, ++request, "hold.a");
        EXPECT_TRUE(world.cancel(session, request, mode));
        EXPECT_EQ(world.take(), (Lines{"101 [8,48," + std::to_string(request) +
                                       R"(,{},"wamp.error.canceled"])"}));
        EXPECT_FALSE(world.cancel(session, request, mode));
    }
    EXPECT_FALSE(world.cancel(world.join(), 1, "kill"));
    world.link_up();
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeWaiting, EndsWithoutAMessageWhenTheSessionLeaves) {
    Down world;
    const SessionId leaving = world.join();
    const SessionId staying = world.join();
    world.call(leaving, 1, "hold.a");
    world.call(staying, 1, "hold.b");
    world.publish(leaving, 2, "hold.t");
    world.leave(leaving);
    EXPECT_EQ(world.bridge.counts().waiting, 1u);
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.b"])"}));
}

// W-ID-10
TEST(BridgeWaiting, GivesOneAnswerToAnIdThatIsUsedTwice) {
    Down world;
    const SessionId session = world.join();
    world.call(session, 1, "hold.a");
    world.call(session, 1, "hold.b");
    world.call(session, 1, "out.c");
    EXPECT_EQ(world.take(), Lines{});
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.a"])"}));
}

TEST(BridgeWaiting, KeepsWhatIsHeldBeforeWhatWaits) {
    Down world;
    const SessionId session = world.join();
    world.link_up();
    world.subscribed(session, 1, "out.t", 77);
    world.link_lost();
    world.publish(session, 2, "hold.t");
    world.link_up();
    EXPECT_EQ(world.take(),
              (Lines{R"(link [32,1,{},"lab.t"])", R"(link [16,2,{"acknowledge":true},"lab.t"])"}));
}

TEST(BridgeWaiting, EncodesStoredRequestsAsTheNewConnectionRequires) {
    Down world;
    const SessionId session = world.join();
    world.call(session, 1, "hold.a", {}, json("[1]"));
    world.call(session, 2, "hold.b", {}, json(R"(["\u0000!!!"])"));
    world.call(session, 3, "hold.c", {}, json("[\"" + std::string(2000, 'x') + "\"]"));
    world.link_up(full_router, {wamp::Serializer::msgpack, 4096 + 1000});
    ASSERT_EQ(world.out.to_link.size(), 1u);
    EXPECT_EQ(std::get<wamp::Call>(world.out.to_link[0]).payload.args, "\x91\x01");
    world.out.to_link.clear();
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,2,{},"wamp.error.invalid_argument"])",
                                   R"(101 [8,48,3,{},"wamp.error.payload_size_exceeded"])"}));
}

TEST(BridgeWaiting, KeepsTheLeasesOfCalls) {
    Down world;
    const SessionId session = world.join();
    world.call(session, 1, "hold.a");
    EXPECT_EQ(world.tally.counts(), 1u);
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.a"])"}));
    EXPECT_EQ(world.tally.counts(), 1u);
    world.link(wamp::CallResult{1, {}, {}});
    EXPECT_EQ(world.tally.counts(), 0u);
    world.call(session, 2, "again.timed");  // made again after the link was lost
    world.link_lost();
    EXPECT_EQ(world.tally.counts(), 1u);
    world.advance(60s);
    EXPECT_EQ(world.tally.counts(), 0u);
}

TEST(BridgeWaiting, IsBoundedInNumberPerSession) {
    Down world;
    const SessionId session = world.join();
    for (wamp::RequestId request = 1; request <= WaitingRequests::requests_per_session_max;
         ++request) {
        world.call(session, request, "hold.a");
    }
    EXPECT_EQ(world.take(), Lines{});
    world.call(session, 9999, "hold.a");
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,9999,{},"wamp.error.unavailable"])"}));
    world.call(world.join(), 1, "hold.a");
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.cancel(session, 7, "skip"));
    world.take();
    world.call(session, 10'000, "hold.a");
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeWaiting, IsBoundedInBytesPerSession) {
    Down world;
    const SessionId session = world.join();
    const std::string half =
        "[\"" + std::string(WaitingRequests::bytes_per_session_max / 2 - 1024, 'x') + "\"]";
    world.call(session, 1, "hold.a", {}, json(half));
    world.publish(session, 2, "hold.t", {{"acknowledge", true}}, json(half));
    EXPECT_EQ(world.take(), Lines{});
    world.call(session, 3, "hold.a", {}, json(half));
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,3,{},"wamp.error.unavailable"])"}));
    world.advance(2s);
    world.take();
    world.call(session, 4, "hold.a", {}, json(half));
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeWaiting, IsBoundedInBytesOverAllSessions) {
    Down world;
    const std::string whole =
        "[\"" + std::string(WaitingRequests::bytes_per_session_max - 1024, 'x') + "\"]";
    for (std::size_t i = 0; i < WaitingRequests::bytes_max / WaitingRequests::bytes_per_session_max;
         ++i) {
        world.call(world.join(), 1, "hold.a", {}, json(whole));
    }
    EXPECT_EQ(world.take(), Lines{});
    const SessionId late = world.join();
    world.call(late, 1, "hold.a", {}, json(whole));
    EXPECT_EQ(world.take().size(), 1u);
}

TEST(BridgeWaiting, AsksAPolicyThatHasChangedOnceMore) {
    Down world;
    const SessionId session = world.join();
    world.call(session, 1, "hold.a");
    world.call(session, 2, "hold.b");
    world.subscribe(session, 3, "hold.t");
    const auto changed = compiled_policy(R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "moved"
match = "prefix"
uri = "hold."
to = "inside"
rewrite = "elsewhere."
[[route]]
id = "gone"
uri = "hold.t"
to = "plc"
[[allow]]
id = "only-b"
roles = ["*"]
actions = ["call", "subscribe"]
uri = ["hold.b", "hold.t"]
)");
    world.sessions.find(session)->policy = changed;
    world.sessions.find(session)->role = changed->role("user");
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.not_authorized"])",
                                   R"(101 [8,32,3,{},"wamp.error.unavailable"])",
                                   R"(link [48,1,{},"elsewhere.b"])"}));
}

// Calls that are made again
// ---------------------------------------------------------------------------

TEST(BridgeWaiting, MakesAnIdempotentCallOnceMore) {
    BridgeWorld world = plain_world();
    const SessionId session = world.join();
    world.call(session, 8, "again.a", {{"receive_progress", true}}, json("[1]"));
    world.call(session, 9, "out.b");
    world.take();
    EXPECT_GT(world.bridge.counts().waiting_bytes, 512u);  // of a call in flight
    world.link_lost();
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,9,{},"wamp.error.network_failure"])"}));
    EXPECT_EQ(world.bridge.counts().calls, 0u);
    EXPECT_EQ(world.bridge.counts().waiting, 1u);
    world.advance(5s);
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{"receive_progress":true},"again.a",[1]])"}));
    world.link(wamp::CallResult{1, {}, json("[2]")});
    EXPECT_EQ(world.take(), (Lines{"101 [50,8,{},[2]]"}));
    EXPECT_EQ(world.bridge.counts().waiting_bytes, 0u);
    EXPECT_TRUE(world.empty());
}

TEST(BridgeWaiting, MakesACallAtMostTwice) {
    BridgeWorld world = plain_world();
    world.call(world.join(), 1, "again.a");
    world.take();
    world.link_lost();
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"again.a"])"}));
    world.link_lost();
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.network_failure"])"}));
    world.link_up();
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.empty());
}

TEST(BridgeWaiting, MakesACallThatWaitedOnceMore) {
    Down world;
    world.call(world.join(), 1, "both.a", {}, json("[1]"));
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.a",[1]])"}));
    world.link_lost();
    EXPECT_EQ(world.take(), Lines{});
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.a",[1]])"}));
}

TEST(BridgeWaiting, MakesNoCallAgainOfWhichAPieceWasPassedOn) {
    BridgeWorld world = plain_world();
    world.call(world.join(), 1, "again.a", {{"receive_progress", true}});
    world.take();
    world.link(wamp::CallResult{1, {{"progress", true}}, json("[1]")});
    EXPECT_EQ(world.take(), (Lines{R"(101 [50,1,{"progress":true},[1]])"}));
    world.link_lost();
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.network_failure"])"}));
    EXPECT_TRUE(world.empty());
}

TEST(BridgeWaiting, MakesNoCallAgainThatWasCancelled) {
    BridgeWorld world = plain_world();
    const SessionId session = world.join();
    world.call(session, 1, "again.a");
    world.call(session, 2, "again.b");
    EXPECT_TRUE(world.cancel(session, 1, "kill"));
    EXPECT_TRUE(world.cancel(session, 2, "killnowait"));
    world.take();
    world.link_lost();
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.network_failure"])"}));
    world.link_up();
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeWaiting, EndsACallThatIsToBeMadeAgainByACancel) {
    BridgeWorld world = plain_world();
    const SessionId session = world.join();
    world.call(session, 1, "again.a");
    world.link_lost();
    world.take();
    EXPECT_TRUE(world.cancel(session, 1, "kill"));
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.canceled"])"}));
    world.link_up();
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeWaiting, GivesACallUpWhenTheLinkIsNotBackWithinItsTimeout) {
    BridgeWorld world = plain_world();
    world.call(world.join(), 1, "again.timed");
    world.take();
    world.advance(400ms);
    world.link_lost();
    world.advance(599ms);
    EXPECT_EQ(world.take(), Lines{});
    world.advance(1ms);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.network_failure"])"}));
    world.link_up();
    EXPECT_EQ(world.take(), Lines{});
}

TEST(BridgeWaiting, GivesACallWithoutATimeoutUpAfterAWhile) {
    BridgeWorld world = plain_world();
    world.call(world.join(), 1, "again.a");
    world.link_lost();
    world.take();
    world.advance(Calls::again_wait_max - 1ms);
    EXPECT_EQ(world.take(), Lines{});
    world.advance(1ms);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.network_failure"])"}));
}

TEST(BridgeWaiting, EndsACallThatIsMadeAgainAtItsFirstTimeout) {
    BridgeWorld world = plain_world();
    world.call(world.join(), 1, "again.timed");
    world.link_lost();
    world.advance(900ms);
    world.link_up();
    world.take();
    world.advance(100ms);
    EXPECT_EQ(world.take(), (Lines{R"(101 [8,48,1,{},"wamp.error.timeout"])",
                                   R"(link [49,1,{"mode":"killnowait"}])"}));
}

TEST(BridgeWaiting, SendsCallsThatAreMadeAgainBeforeLaterOnes) {
    BridgeWorld world = plain_world();
    const SessionId session = world.join();
    world.call(session, 1, "both.a");
    world.call(session, 2, "both.b");
    world.link_lost();
    world.take();
    world.call(session, 3, "both.c");
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.a"])", R"(link [48,2,{},"lab.b"])",
                                   R"(link [48,3,{},"lab.c"])"}));
}

TEST(BridgeWaiting, MakesNoMoreCallsAgainThanItCanKeep) {
    BridgeWorld world = plain_world();
    const SessionId session = world.join();
    const std::size_t calls = WaitingRequests::requests_per_session_max + 1;
    for (wamp::RequestId request = 1; request <= calls; ++request) {
        world.call(session, request, "again.a");
    }
    EXPECT_EQ(world.take().size(), calls);
    world.link_lost();
    EXPECT_EQ(world.take(), (Lines{"101 [8,48," + std::to_string(calls) +
                                   R"(,{},"wamp.error.network_failure"])"}));
}

TEST(BridgeWaiting, GivesTheRoomOfAnsweredCallsBack) {
    BridgeWorld world = plain_world();
    const SessionId session = world.join();
    for (wamp::RequestId request = 1; request <= 3 * WaitingRequests::requests_per_session_max;
         ++request) {
        world.call(session, request, "again.a");
        world.link(wamp::CallResult{request, {}, {}});
    }
    world.take();
    world.call(session, 9999, "again.a");
    world.link_lost();
    EXPECT_EQ(world.take().size(), 1u);  // the call itself, and no failure
    EXPECT_EQ(world.bridge.counts().waiting, 1u);
}

// A call that has crossed and waits again keeps its place before one that has not (W-ORD-02).
TEST(BridgeWaiting, KeepsTheOrderOfCallsThatAreMadeAgain) {
    Down world;
    const SessionId session = world.join();
    world.call(session, 1, "both.a");
    world.call(session, 2, "both.b");
    world.take();
    world.bridge.on_link_up(full_router, {}, world.now, world.out);
    world.bridge.forward_waiting(session, world.out);
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.a"])"}));
    world.link_lost();
    world.take();
    world.link_up();
    EXPECT_EQ(world.take(), (Lines{R"(link [48,1,{},"lab.a"])", R"(link [48,2,{},"lab.b"])"}));
}

}  // namespace
}  // namespace sallyport::backend_link
