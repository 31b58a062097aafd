#include "wamp/router/call_table.h"

#include <gtest/gtest.h>

#include "tests/unit/wamp/router/world.h"
#include "wamp/router/member.h"

namespace sallyport::wamp {
namespace {

class CallTableTest : public testing::Test {
protected:
    CallTableTest() {
        caller.session.id = 1;
        callee.session.id = 2;
        caller.calls = table.open_session();
        callee.calls = table.open_session();
    }

    CallTable::Handle add(RequestId request, RequestId invocation, Instant deadline = never,
                          Tally::Lease lease = {}) {
        PendingCall call;
        call.caller = &caller;
        call.callee = &callee;
        call.request = request;
        call.invocation = invocation;
        call.lease = std::move(lease);
        return table.add(std::move(call), deadline);
    }

    Tally tally;
    CallTable table;
    Member caller;
    Member callee;
};

TEST_F(CallTableTest, ACallIsFoundFromBothEnds) {
    const CallTable::Handle handle = add(5, 9);
    EXPECT_EQ(table.find_call(1, 5), handle);
    EXPECT_EQ(table.find_invocation(2, 9), handle);
    EXPECT_EQ(table.at(handle).request, 5u);
    EXPECT_EQ(table.find_call(1, 9), CallTable::none);
    EXPECT_EQ(table.find_call(2, 5), CallTable::none) << "keyed by session (W-RPC-08)";
    EXPECT_EQ(table.find_invocation(1, 9), CallTable::none);
}

TEST_F(CallTableTest, RemovedCallsLeaveNothing) {
    const CallTable::Handle handle = add(5, 9, Instant(test::seconds(1)));
    table.remove(handle);
    EXPECT_EQ(table.find_call(1, 5), CallTable::none);
    EXPECT_EQ(table.find_invocation(2, 9), CallTable::none);
    EXPECT_EQ(table.deadline(), never);
    EXPECT_EQ(table.calls(), 0u);
    EXPECT_EQ(table.invocations(), 0u);
}

TEST_F(CallTableTest, CallsOfASessionComeOldestFirst) {
    const CallTable::Handle first = add(1, 11);
    const CallTable::Handle second = add(2, 12);
    const CallTable::Handle third = add(3, 13);
    table.remove(second);
    EXPECT_EQ(table.first_call_of(caller.calls), first);
    EXPECT_EQ(table.first_invocation_of(callee.calls), first);
    table.remove(first);
    EXPECT_EQ(table.first_call_of(caller.calls), third);
    table.remove(third);
    EXPECT_EQ(table.first_call_of(caller.calls), CallTable::none);
    EXPECT_EQ(table.first_invocation_of(callee.calls), CallTable::none);
    EXPECT_EQ(table.first_invocation_of(caller.calls), CallTable::none);
}

TEST_F(CallTableTest, ALeaseIsGivenBackWithItsCall) {
    const auto take = [&] { return tally.acquire({Tally::Bound{7, 2}}); };
    const CallTable::Handle first = add(1, 1, never, *take());
    add(2, 2, never, *take());
    EXPECT_FALSE(take().has_value());
    table.remove(first);
    EXPECT_TRUE(take().has_value());
}

TEST_F(CallTableTest, DueIsTheEarliestThatIsNotInTheFuture) {
    const Instant soon(test::seconds(1));
    const Instant later(test::seconds(2));
    const CallTable::Handle slow = add(1, 1, later);
    const CallTable::Handle fast = add(2, 2, soon);
    add(3, 3);
    EXPECT_EQ(table.deadline(), soon);
    EXPECT_EQ(table.due(soon - Duration(1)), CallTable::none);
    EXPECT_EQ(table.due(soon), fast);
    table.set_deadline(fast, later + Duration(1));
    EXPECT_EQ(table.due(later), slow);
    EXPECT_EQ(table.deadline_of(fast), later + Duration(1));
    table.remove(slow);
    table.remove(fast);
    EXPECT_EQ(table.due(never), CallTable::none);
}

TEST_F(CallTableTest, SlotsAreUsedAgain) {
    const CallTable::Handle first = add(1, 1);
    table.remove(first);
    EXPECT_EQ(add(2, 2), first);
    Member other;
    other.session.id = 3;
    const CallTable::Handle session = table.open_session();
    table.close_session(session);
    EXPECT_EQ(table.open_session(), session);
}

}  // namespace
}  // namespace sallyport::wamp
