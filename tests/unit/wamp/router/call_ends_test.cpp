// How a call ends otherwise than by its callee's answer: cancel, timeout, somebody leaves. Always
// exactly once.

#include <gtest/gtest.h>

#include "tests/unit/wamp/router/world.h"
#include "wamp/message/uris.h"
#include "wamp/router/dealer.h"

namespace sallyport::wamp {
namespace {

using test::milliseconds;
using test::seconds;
using test::World;

const Dict skip{{"mode", "skip"}};
const Dict kill{{"mode", "kill"}};
const Dict killnowait{{"mode", "killnowait"}};
const Dict wants_progress{{"receive_progress", true}};
const Dict progress{{"progress", true}};

class CallEndsTest : public testing::Test {
protected:
    static constexpr SessionId caller = 1;
    static constexpr SessionId callee = 2;
    static constexpr SessionId plain = 3;  ///< a callee that cannot be cancelled

    CallEndsTest() {
        world.join(caller);
        world.join(callee);
        world.join(plain, test::no_features());
        world.enroll(callee, "p");
        world.enroll(plain, "plain");
        world.forget();
    }

    /// The mode of the INTERRUPTs to the session, in order.
    std::string interrupts(SessionId id) {
        std::string out;
        for (const Interrupt& interrupt : world.all<Interrupt>(id)) {
            out += std::string(interrupt.options.get_string("mode")) + " ";
        }
        return out;
    }
    std::size_t answers(SessionId id) {
        std::size_t count = world.all<Error>(id).size();
        for (const CallResult& result : world.all<CallResult>(id)) {
            if (!result.details.get_bool("progress", false)) ++count;
        }
        return count;
    }
    void expect_nothing_pending() {
        EXPECT_EQ(world.realm.counts().calls, 0u);
        EXPECT_EQ(world.realm.counts().invocations, 0u);
        EXPECT_EQ(world.realm.deadline(), never);
    }

    World world;
};

// W-CAN-01, W-CAN-02, W-CAN-04; no mode means killnowait.
TEST_F(CallEndsTest, KillNoWaitAnswersAtOnceAndInterrupts) {
    for (const Dict& options : {killnowait, Dict{}}) {
        world.forget();
        const RequestId call = world.call(caller, "p");
        const RequestId invocation = world.invoked(callee);
        world.cancel(caller, call, options);
        EXPECT_EQ(world.error(caller, Call::type, call), uris::canceled);
        EXPECT_EQ(interrupts(callee), "killnowait ");
        EXPECT_EQ(world.all<Interrupt>(callee)[0].request, invocation);
        world.yield(callee, invocation);
        world.refuse(callee, invocation, "wamp.error.canceled");
        EXPECT_EQ(answers(caller), 1u);
        expect_nothing_pending();
    }
}

// W-CAN-02
TEST_F(CallEndsTest, SkipAnswersAtOnceAndTellsTheCalleeNothing) {
    const RequestId call = world.call(caller, "p");
    world.cancel(caller, call, skip);
    EXPECT_EQ(world.error(caller, Call::type, call), uris::canceled);
    EXPECT_EQ(interrupts(callee), "");
    world.yield(callee, 1);
    EXPECT_EQ(answers(caller), 1u);
    expect_nothing_pending();
}

// W-CAN-02, W-CAN-10, W-SUB-03
TEST_F(CallEndsTest, KillWaitsForTheCalleesAnswer) {
    const RequestId call = world.call(caller, "p");
    world.cancel(caller, call, kill);
    EXPECT_TRUE(world.sent_to(caller).empty());
    EXPECT_EQ(interrupts(callee), "kill ");
    world.refuse(callee, 1, "wamp.error.canceled");
    EXPECT_EQ(world.error(caller, Call::type, call), uris::canceled);

    const RequestId second = world.call(caller, "p");
    world.cancel(caller, second, kill);
    world.yield(callee, 2);
    ASSERT_NE(world.last<CallResult>(caller), nullptr) << "the result won the race";
    EXPECT_EQ(world.last<CallResult>(caller)->request, second);
    EXPECT_EQ(answers(caller), 2u);
    expect_nothing_pending();
}

// W-CAN-03
TEST_F(CallEndsTest, ACalleeThatCannotBeCancelledIsNeverInterrupted) {
    for (const Dict& mode : {skip, kill, killnowait}) {
        const RequestId call = world.call(caller, "plain");
        world.cancel(caller, call, mode);
        EXPECT_EQ(world.error(caller, Call::type, call), uris::canceled);
    }
    EXPECT_EQ(interrupts(plain), "");
    expect_nothing_pending();
}

// W-CAN-05
TEST_F(CallEndsTest, CancelOfACallThatIsNotPendingIsIgnored) {
    const RequestId call = world.call(caller, "p");
    world.yield(callee, 1);
    world.forget();
    world.cancel(caller, call);
    world.cancel(caller, 77);
    world.cancel(callee, call);
    EXPECT_TRUE(world.sent_to(caller).empty());
    EXPECT_TRUE(world.sent_to(callee).empty());
}

// W-CAN-05: of a call of somebody else under the same id.
TEST_F(CallEndsTest, NoSessionCancelsTheCallOfAnother) {
    world.join(4);
    const RequestId call = world.call(caller, "p");
    world.cancel(4, call);
    EXPECT_EQ(world.realm.counts().calls, 1u);
    EXPECT_EQ(interrupts(callee), "");
}

// W-CAN-06
TEST_F(CallEndsTest, ASecondCancelDoesNothingExceptKillNoWaitAfterKill) {
    const RequestId call = world.call(caller, "p");
    world.cancel(caller, call, kill);
    world.cancel(caller, call, kill);
    world.cancel(caller, call, skip);
    EXPECT_EQ(interrupts(callee), "kill ");
    EXPECT_TRUE(world.sent_to(caller).empty());
    world.cancel(caller, call, killnowait);
    EXPECT_EQ(world.error(caller, Call::type, call), uris::canceled);
    EXPECT_EQ(interrupts(callee), "kill killnowait ");
    world.cancel(caller, call, killnowait);
    EXPECT_EQ(answers(caller), 1u);
    expect_nothing_pending();
}

// W-SUB-20, W-CAN-06
TEST_F(CallEndsTest, TheWaitForAStubbornCalleeIsBounded) {
    const RequestId call = world.call(caller, "p");
    world.cancel(caller, call, kill);
    EXPECT_EQ(world.realm.deadline(), world.now + kill_wait_max);
    world.pass(kill_wait_max - Duration(1));
    EXPECT_EQ(answers(caller), 0u);
    world.pass(Duration(1));
    EXPECT_EQ(world.error(caller, Call::type, call), uris::canceled);
    world.yield(callee, 1);
    EXPECT_EQ(answers(caller), 1u);
    EXPECT_EQ(interrupts(callee), "kill ");
    expect_nothing_pending();
}

TEST_F(CallEndsTest, KillDoesNotProlongATimeout) {
    const RequestId call = world.call(caller, "p", Dict{{"timeout", 500}});
    world.cancel(caller, call, kill);
    world.pass(milliseconds(500));
    EXPECT_EQ(world.error(caller, Call::type, call), uris::canceled);
    expect_nothing_pending();
}

// W-CAN-07
TEST_F(CallEndsTest, ProgressStillComesAfterKillButDoesNotProlongIt) {
    const RequestId call = world.call(caller, "p", wants_progress);
    world.cancel(caller, call, kill);
    world.pass(kill_wait_max - Duration(1));
    world.yield(callee, 1, progress);
    EXPECT_EQ(world.all<CallResult>(caller).size(), 1u);
    world.pass(Duration(1));
    EXPECT_EQ(world.error(caller, Call::type, call), uris::canceled);
    world.yield(callee, 1, progress);
    EXPECT_EQ(world.all<CallResult>(caller).size(), 1u);
}

// W-TMO-01, W-TMO-02
TEST_F(CallEndsTest, TimeIsUpOnce) {
    const RequestId call = world.call(caller, "p", Dict{{"timeout", 200}});
    EXPECT_EQ(world.last<Invocation>(callee)->details.find("timeout"), nullptr);
    EXPECT_EQ(world.realm.deadline(), world.now + milliseconds(200));
    world.pass(milliseconds(199));
    EXPECT_EQ(answers(caller), 0u);
    world.pass(milliseconds(1));
    EXPECT_EQ(world.error(caller, Call::type, call), uris::timeout);
    EXPECT_EQ(interrupts(callee), "killnowait ");
    world.yield(callee, 1);
    world.pass(seconds(1));
    EXPECT_EQ(answers(caller), 1u);
    expect_nothing_pending();
}

TEST_F(CallEndsTest, ACalleeThatCannotBeCancelledIsNotToldOfTheTimeout) {
    world.call(caller, "plain", Dict{{"timeout", 200}});
    world.pass(milliseconds(200));
    EXPECT_EQ(interrupts(plain), "");
    EXPECT_EQ(answers(caller), 1u);
}

// W-SUB-04, W-TMO-06: what is handled first in the same instant wins.
TEST_F(CallEndsTest, AResultInTheLastInstantStopsTheTimer) {
    world.call(caller, "p", Dict{{"timeout", 200}});
    world.now += milliseconds(200);
    world.yield(callee, 1);
    world.pass({});
    EXPECT_NE(world.last<CallResult>(caller), nullptr);
    EXPECT_EQ(answers(caller), 1u);
    EXPECT_EQ(interrupts(callee), "");
    expect_nothing_pending();
}

// W-TMO-05
TEST_F(CallEndsTest, TheSmallerTimeoutCounts) {
    struct Case {
        std::uint64_t asked_ms;
        Duration allowed;
        Duration expected;
    };
    for (const Case& c : {Case{300, milliseconds(200), milliseconds(200)},
                          Case{100, milliseconds(200), milliseconds(100)},
                          Case{0, milliseconds(200), milliseconds(200)},
                          Case{100, Duration::zero(), milliseconds(100)},
                          Case{id_max, Duration::zero(), call_timeout_max},
                          Case{UINT64_MAX, Duration::max(), call_timeout_max}}) {
        world.timeout = c.allowed;
        world.call(caller, "p", Dict{{"timeout", c.asked_ms}});
        EXPECT_EQ(world.realm.deadline(), world.now + c.expected) << c.asked_ms;
        world.yield(callee, world.invoked(callee));
        expect_nothing_pending();
    }
    world.timeout = Duration::zero();
    world.call(caller, "p", Dict{{"timeout", 0}});
    EXPECT_EQ(world.realm.deadline(), never);
}

// W-SUB-07, W-PCR-06
TEST_F(CallEndsTest, TheTimeoutBoundsTheTimeBetweenResults) {
    Dict options = wants_progress;
    options.set("timeout", 200);
    const RequestId call = world.call(caller, "p", options);
    for (int i = 0; i < 7; ++i) {
        world.pass(milliseconds(150));
        world.yield(callee, 1, progress);
    }
    EXPECT_EQ(answers(caller), 0u);
    world.pass(milliseconds(199));
    EXPECT_EQ(answers(caller), 0u);
    world.pass(milliseconds(1));
    EXPECT_EQ(world.error(caller, Call::type, call), uris::timeout);
    world.yield(callee, 1, progress);
    EXPECT_EQ(world.all<CallResult>(caller).size(), 7u);
}

// Progress that is not passed on does not prolong the call.
TEST_F(CallEndsTest, UnwantedProgressDoesNotMoveTheTimeout) {
    world.call(caller, "p", Dict{{"timeout", 200}});
    world.pass(milliseconds(150));
    world.yield(callee, 1, progress);
    world.pass(milliseconds(50));
    EXPECT_EQ(answers(caller), 1u);
}

TEST_F(CallEndsTest, SeveralDeadlinesPassInOrder) {
    const RequestId slow = world.call(caller, "p", Dict{{"timeout", 300}});
    const RequestId fast = world.call(caller, "p", Dict{{"timeout", 100}});
    world.call(caller, "p", Dict{{"timeout", 900}});
    world.pass(milliseconds(400));
    const std::vector<Error> errors = world.all<Error>(caller);
    ASSERT_EQ(errors.size(), 2u);
    EXPECT_EQ(errors[0].request, fast);
    EXPECT_EQ(errors[1].request, slow);
    EXPECT_EQ(world.realm.deadline(), world.now + milliseconds(500));
}

// W-RPC-10, W-SUB-05
TEST_F(CallEndsTest, ACalleeThatVanishesEndsEachOpenCallOnce) {
    world.join(4);
    const RequestId first = world.call(caller, "p");
    const RequestId skipped = world.call(caller, "p");
    const RequestId other = world.call(4, "p");
    world.cancel(caller, skipped, skip);
    world.forget();
    world.leave(callee);
    EXPECT_EQ(world.error(caller, Call::type, first), uris::canceled);
    EXPECT_EQ(world.error(4, Call::type, other), uris::canceled);
    EXPECT_EQ(answers(caller), 1u);
    EXPECT_EQ(answers(4), 1u);
    EXPECT_TRUE(world.sent_to(callee).empty());
    expect_nothing_pending();
}

// W-RPC-09, W-SUB-06
TEST_F(CallEndsTest, ACallerThatVanishesInterruptsOnce) {
    world.call(caller, "p", wants_progress);
    world.call(caller, "plain", Dict{{"timeout", 100}});
    world.yield(callee, 1, progress);
    world.forget();
    world.leave(caller);
    EXPECT_EQ(interrupts(callee), "killnowait ");
    EXPECT_TRUE(world.sent_to(plain).empty());
    expect_nothing_pending();
    world.yield(callee, 1, progress);
    world.yield(callee, 1);
    world.yield(plain, 1);
    EXPECT_TRUE(world.sent_to(caller).empty());
    EXPECT_EQ(interrupts(callee), "killnowait ");
}

TEST_F(CallEndsTest, AKilledCallIsNotInterruptedAgainWhenItsCallerVanishes) {
    world.cancel(caller, world.call(caller, "p"), kill);
    world.leave(caller);
    EXPECT_EQ(interrupts(callee), "kill ");
    expect_nothing_pending();
}

// W-RPC-11
TEST_F(CallEndsTest, ASessionThatCallsItselfGetsNothingWhenItLeaves) {
    world.call(callee, "p");
    world.forget();
    world.leave(callee);
    EXPECT_TRUE(world.sent_to(callee).empty());
    expect_nothing_pending();
}

// W-RPC-12, W-SUB-02
TEST_F(CallEndsTest, UnregisteringLeavesOpenInvocationsToTheirEnd) {
    const RegistrationId id = world.enroll(callee, "q");
    const RequestId open = world.call(caller, "q");
    const RequestId invocation = world.invoked(callee);
    world.send(callee, Unregister{world.next_request(callee), id, {}});
    const RequestId late = world.call(caller, "q");
    EXPECT_EQ(world.error(caller, Call::type, late), uris::no_such_procedure);
    EXPECT_NE(world.last<Unregistered>(callee), nullptr) << "no INVOCATION after it (W-ORD-05)";
    world.yield(callee, invocation);
    ASSERT_NE(world.last<CallResult>(caller), nullptr);
    EXPECT_EQ(world.last<CallResult>(caller)->request, open);
    expect_nothing_pending();
}

TEST_F(CallEndsTest, CallsInFlightAreGivenBackHoweverTheyEnd) {
    world.timeout = milliseconds(100);
    world.bounds = {Tally::Bound{7, 1}};
    world.join(4);
    world.enroll(4, "q");
    world.cancel(caller, world.call(caller, "p"), skip);
    world.cancel(caller, world.call(caller, "p"), killnowait);
    world.call(caller, "p");
    world.pass(milliseconds(100));
    world.call(caller, "q");
    world.leave(4);
    EXPECT_EQ(world.tally.counts(), 0u);
}

}  // namespace
}  // namespace sallyport::wamp
