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

class CallEndsTest : public test::CallerAndCallees {
protected:
    /// The mode of the INTERRUPTs to the session, in order.
    std::string interrupts(SessionId id) {
        std::string out;
        for (const Interrupt& interrupt : world_.all<Interrupt>(id)) {
            out += std::string(interrupt.options.get_string("mode")) + " ";
        }
        return out;
    }
    std::size_t answers(SessionId id) {
        std::size_t count = world_.all<Error>(id).size();
        for (const CallResult& result : world_.all<CallResult>(id)) {
            if (!result.details.get_bool("progress", false)) ++count;
        }
        return count;
    }
    void expect_nothing_pending() {
        EXPECT_EQ(world_.realm.counts().calls, 0u);
        EXPECT_EQ(world_.realm.counts().invocations, 0u);
        EXPECT_EQ(world_.realm.deadline(), never);
    }
};

// W-CAN-01, W-CAN-02, W-CAN-04; no mode means killnowait.
TEST_F(CallEndsTest, KillNoWaitAnswersAtOnceAndInterrupts) {
    for (const Dict& options : {killnowait, Dict{}}) {
        world_.forget();
        const RequestId call = world_.call(caller, "p");
        const RequestId invocation = world_.invoked(callee);
        world_.cancel(caller, call, options);
        EXPECT_EQ(world_.error(caller, Call::type, call), uris::canceled);
        EXPECT_EQ(interrupts(callee), "killnowait ");
        EXPECT_EQ(world_.all<Interrupt>(callee)[0].request, invocation);
        world_.yield(callee, invocation);
        world_.refuse(callee, invocation, "wamp.error.canceled");
        EXPECT_EQ(answers(caller), 1u);
        expect_nothing_pending();
    }
}

// W-CAN-02
TEST_F(CallEndsTest, SkipAnswersAtOnceAndTellsTheCalleeNothing) {
    const RequestId call = world_.call(caller, "p");
    world_.cancel(caller, call, skip);
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::canceled);
    EXPECT_EQ(interrupts(callee), "");
    world_.yield(callee, 1);
    EXPECT_EQ(answers(caller), 1u);
    expect_nothing_pending();
}

// W-CAN-02, W-CAN-10, W-SUB-03
TEST_F(CallEndsTest, KillWaitsForTheCalleesAnswer) {
    const RequestId call = world_.call(caller, "p");
    world_.cancel(caller, call, kill);
    EXPECT_TRUE(world_.sent_to(caller).empty());
    EXPECT_EQ(interrupts(callee), "kill ");
    world_.refuse(callee, 1, "wamp.error.canceled");
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::canceled);

    const RequestId second = world_.call(caller, "p");
    world_.cancel(caller, second, kill);
    world_.yield(callee, 2);
    ASSERT_NE(world_.last<CallResult>(caller), nullptr) << "the result won the race";
    EXPECT_EQ(world_.last<CallResult>(caller)->request, second);
    EXPECT_EQ(answers(caller), 2u);
    expect_nothing_pending();
}

// W-CAN-03
TEST_F(CallEndsTest, ACalleeThatCannotBeCancelledIsNeverInterrupted) {
    for (const Dict& mode : {skip, kill, killnowait}) {
        const RequestId call = world_.call(caller, "plain");
        world_.cancel(caller, call, mode);
        EXPECT_EQ(world_.error(caller, Call::type, call), uris::canceled);
    }
    EXPECT_EQ(interrupts(plain), "");
    expect_nothing_pending();
}

// W-CAN-05
TEST_F(CallEndsTest, CancelOfACallThatIsNotPendingIsIgnored) {
    const RequestId call = world_.call(caller, "p");
    world_.yield(callee, 1);
    world_.forget();
    world_.cancel(caller, call);
    world_.cancel(caller, 77);
    world_.cancel(callee, call);
    EXPECT_TRUE(world_.sent_to(caller).empty());
    EXPECT_TRUE(world_.sent_to(callee).empty());
}

// W-CAN-05: of a call of somebody else under the same id.
TEST_F(CallEndsTest, NoSessionCancelsTheCallOfAnother) {
    world_.join(4);
    const RequestId call = world_.call(caller, "p");
    world_.cancel(4, call);
    EXPECT_EQ(world_.realm.counts().calls, 1u);
    EXPECT_EQ(interrupts(callee), "");
}

// W-CAN-06
TEST_F(CallEndsTest, ASecondCancelDoesNothingExceptKillNoWaitAfterKill) {
    const RequestId call = world_.call(caller, "p");
    world_.cancel(caller, call, kill);
    world_.cancel(caller, call, kill);
    world_.cancel(caller, call, skip);
    EXPECT_EQ(interrupts(callee), "kill ");
    EXPECT_TRUE(world_.sent_to(caller).empty());
    world_.cancel(caller, call, killnowait);
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::canceled);
    EXPECT_EQ(interrupts(callee), "kill killnowait ");
    world_.cancel(caller, call, killnowait);
    EXPECT_EQ(answers(caller), 1u);
    expect_nothing_pending();
}

// W-SUB-20, W-CAN-06
TEST_F(CallEndsTest, TheWaitForAStubbornCalleeIsBounded) {
    const RequestId call = world_.call(caller, "p");
    world_.cancel(caller, call, kill);
    EXPECT_EQ(world_.realm.deadline(), world_.now + kill_wait_max);
    world_.pass(kill_wait_max - Duration(1));
    EXPECT_EQ(answers(caller), 0u);
    world_.pass(Duration(1));
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::canceled);
    world_.yield(callee, 1);
    EXPECT_EQ(answers(caller), 1u);
    EXPECT_EQ(interrupts(callee), "kill ");
    expect_nothing_pending();
}

TEST_F(CallEndsTest, KillDoesNotProlongATimeout) {
    const RequestId call = world_.call(caller, "p", Dict{{"timeout", 500}});
    world_.cancel(caller, call, kill);
    world_.pass(milliseconds(500));
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::canceled);
    expect_nothing_pending();
}

// W-CAN-07
TEST_F(CallEndsTest, ProgressStillComesAfterKillButDoesNotProlongIt) {
    const RequestId call = world_.call(caller, "p", wants_progress);
    world_.cancel(caller, call, kill);
    world_.pass(kill_wait_max - Duration(1));
    world_.yield(callee, 1, progress);
    EXPECT_EQ(world_.all<CallResult>(caller).size(), 1u);
    world_.pass(Duration(1));
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::canceled);
    world_.yield(callee, 1, progress);
    EXPECT_EQ(world_.all<CallResult>(caller).size(), 1u);
}

// W-TMO-01, W-TMO-02
TEST_F(CallEndsTest, TimeIsUpOnce) {
    const RequestId call = world_.call(caller, "p", Dict{{"timeout", 200}});
    EXPECT_EQ(world_.last<Invocation>(callee)->details.find("timeout"), nullptr);
    EXPECT_EQ(world_.realm.deadline(), world_.now + milliseconds(200));
    world_.pass(milliseconds(199));
    EXPECT_EQ(answers(caller), 0u);
    world_.pass(milliseconds(1));
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::timeout);
    EXPECT_EQ(interrupts(callee), "killnowait ");
    world_.yield(callee, 1);
    world_.pass(seconds(1));
    EXPECT_EQ(answers(caller), 1u);
    expect_nothing_pending();
}

TEST_F(CallEndsTest, ACalleeThatCannotBeCancelledIsNotToldOfTheTimeout) {
    world_.call(caller, "plain", Dict{{"timeout", 200}});
    world_.pass(milliseconds(200));
    EXPECT_EQ(interrupts(plain), "");
    EXPECT_EQ(answers(caller), 1u);
}

// W-SUB-04, W-TMO-06: what is handled first in the same instant wins.
TEST_F(CallEndsTest, AResultInTheLastInstantStopsTheTimer) {
    world_.call(caller, "p", Dict{{"timeout", 200}});
    world_.now += milliseconds(200);
    world_.yield(callee, 1);
    world_.pass({});
    EXPECT_NE(world_.last<CallResult>(caller), nullptr);
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
        world_.timeout = c.allowed;
        world_.call(caller, "p", Dict{{"timeout", c.asked_ms}});
        EXPECT_EQ(world_.realm.deadline(), world_.now + c.expected) << c.asked_ms;
        world_.yield(callee, world_.invoked(callee));
        expect_nothing_pending();
    }
    world_.timeout = Duration::zero();
    world_.call(caller, "p", Dict{{"timeout", 0}});
    EXPECT_EQ(world_.realm.deadline(), never);
}

// W-SUB-07, W-PCR-06
TEST_F(CallEndsTest, TheTimeoutBoundsTheTimeBetweenResults) {
    Dict options = wants_progress;
    options.set("timeout", 200);
    const RequestId call = world_.call(caller, "p", options);
    for (int i = 0; i < 7; ++i) {
        world_.pass(milliseconds(150));
        world_.yield(callee, 1, progress);
    }
    EXPECT_EQ(answers(caller), 0u);
    world_.pass(milliseconds(199));
    EXPECT_EQ(answers(caller), 0u);
    world_.pass(milliseconds(1));
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::timeout);
    world_.yield(callee, 1, progress);
    EXPECT_EQ(world_.all<CallResult>(caller).size(), 7u);
}

// Progress that is not passed on does not prolong the call.
TEST_F(CallEndsTest, UnwantedProgressDoesNotMoveTheTimeout) {
    world_.call(caller, "p", Dict{{"timeout", 200}});
    world_.pass(milliseconds(150));
    world_.yield(callee, 1, progress);
    world_.pass(milliseconds(50));
    EXPECT_EQ(answers(caller), 1u);
}

TEST_F(CallEndsTest, SeveralDeadlinesPassInOrder) {
    const RequestId slow = world_.call(caller, "p", Dict{{"timeout", 300}});
    const RequestId fast = world_.call(caller, "p", Dict{{"timeout", 100}});
    world_.call(caller, "p", Dict{{"timeout", 900}});
    world_.pass(milliseconds(400));
    const std::vector<Error> errors = world_.all<Error>(caller);
    ASSERT_EQ(errors.size(), 2u);
    EXPECT_EQ(errors[0].request, fast);
    EXPECT_EQ(errors[1].request, slow);
    EXPECT_EQ(world_.realm.deadline(), world_.now + milliseconds(500));
}

// W-RPC-10, W-SUB-05
TEST_F(CallEndsTest, ACalleeThatVanishesEndsEachOpenCallOnce) {
    world_.join(4);
    const RequestId first = world_.call(caller, "p");
    const RequestId skipped = world_.call(caller, "p");
    const RequestId other = world_.call(4, "p");
    world_.cancel(caller, skipped, skip);
    world_.forget();
    world_.leave(callee);
    EXPECT_EQ(world_.error(caller, Call::type, first), uris::canceled);
    EXPECT_EQ(world_.error(4, Call::type, other), uris::canceled);
    EXPECT_EQ(answers(caller), 1u);
    EXPECT_EQ(answers(4), 1u);
    EXPECT_TRUE(world_.sent_to(callee).empty());
    expect_nothing_pending();
}

// W-RPC-09, W-SUB-06, W-PCR-05
TEST_F(CallEndsTest, ACallerThatVanishesInterruptsOnce) {
    world_.call(caller, "p", wants_progress);
    world_.call(caller, "plain", Dict{{"timeout", 100}});
    world_.yield(callee, 1, progress);
    world_.forget();
    world_.leave(caller);
    EXPECT_EQ(interrupts(callee), "killnowait ");
    EXPECT_TRUE(world_.sent_to(plain).empty());
    expect_nothing_pending();
    world_.yield(callee, 1, progress);
    world_.yield(callee, 1);
    world_.yield(plain, 1);
    EXPECT_TRUE(world_.sent_to(caller).empty());
    EXPECT_EQ(interrupts(callee), "killnowait ");
}

TEST_F(CallEndsTest, AKilledCallIsNotInterruptedAgainWhenItsCallerVanishes) {
    world_.cancel(caller, world_.call(caller, "p"), kill);
    world_.leave(caller);
    EXPECT_EQ(interrupts(callee), "kill ");
    expect_nothing_pending();
}

// W-RPC-11
TEST_F(CallEndsTest, ASessionThatCallsItselfGetsNothingWhenItLeaves) {
    world_.call(callee, "p");
    world_.forget();
    world_.leave(callee);
    EXPECT_TRUE(world_.sent_to(callee).empty());
    expect_nothing_pending();
}

// W-RPC-12, W-SUB-02
TEST_F(CallEndsTest, UnregisteringLeavesOpenInvocationsToTheirEnd) {
    const RegistrationId id = world_.enroll(callee, "q");
    const RequestId open = world_.call(caller, "q");
    const RequestId invocation = world_.invoked(callee);
    world_.send(callee, Unregister{world_.next_request(callee), id, {}});
    const RequestId late = world_.call(caller, "q");
    EXPECT_EQ(world_.error(caller, Call::type, late), uris::no_such_procedure);
    EXPECT_NE(world_.last<Unregistered>(callee), nullptr) << "no INVOCATION after it (W-ORD-05)";
    world_.yield(callee, invocation);
    ASSERT_NE(world_.last<CallResult>(caller), nullptr);
    EXPECT_EQ(world_.last<CallResult>(caller)->request, open);
    expect_nothing_pending();
}

TEST_F(CallEndsTest, CallsInFlightAreGivenBackHoweverTheyEnd) {
    world_.timeout = milliseconds(100);
    world_.bounds = {Tally::Bound{7, 1}};
    world_.join(4);
    world_.enroll(4, "q");
    world_.cancel(caller, world_.call(caller, "p"), skip);
    world_.cancel(caller, world_.call(caller, "p"), killnowait);
    world_.call(caller, "p");
    world_.pass(milliseconds(100));
    world_.call(caller, "q");
    world_.leave(4);
    EXPECT_EQ(world_.tally.counts(), 0u);
}

}  // namespace
}  // namespace sallyport::wamp
