#include "wamp/router/call_table.h"

#include <gtest/gtest.h>

#include "tests/unit/wamp/router/world.h"
#include "wamp/router/member.h"

namespace sallyport::wamp {
namespace {

class CallTableTest : public testing::Test {
protected:
    CallTableTest() {
        caller_.session.id = 1;
        callee_.session.id = 2;
        caller_.calls = table_.open_session();
        callee_.calls = table_.open_session();
    }

    CallTable::Handle add(RequestId request, RequestId invocation, Instant deadline = never,
                          Tally::Lease lease = {}) {
        PendingCall call;
        call.caller = &caller_;
        call.callee = &callee_;
        call.request = request;
        call.invocation = invocation;
        call.lease = std::move(lease);
        return table_.add(std::move(call), deadline);
    }

    Tally tally_;
    CallTable table_;
    Member caller_;
    Member callee_;
};

TEST_F(CallTableTest, ACallIsFoundFromBothEnds) {
    const CallTable::Handle handle = add(5, 9);
    EXPECT_EQ(table_.find_call(1, 5), handle);
    EXPECT_EQ(table_.find_invocation(2, 9), handle);
    EXPECT_EQ(table_.at(handle).request, 5u);
    EXPECT_EQ(table_.find_call(1, 9), CallTable::none);
    EXPECT_EQ(table_.find_call(2, 5), CallTable::none) << "keyed by session (W-RPC-08)";
    EXPECT_EQ(table_.find_invocation(1, 9), CallTable::none);
}

TEST_F(CallTableTest, RemovedCallsLeaveNothing) {
    const CallTable::Handle handle = add(5, 9, Instant(test::seconds(1)));
    table_.remove(handle);
    EXPECT_EQ(table_.find_call(1, 5), CallTable::none);
    EXPECT_EQ(table_.find_invocation(2, 9), CallTable::none);
    EXPECT_EQ(table_.deadline(), never);
    EXPECT_EQ(table_.calls(), 0u);
    EXPECT_EQ(table_.invocations(), 0u);
}

TEST_F(CallTableTest, CallsOfASessionComeOldestFirst) {
    const CallTable::Handle first = add(1, 11);
    const CallTable::Handle second = add(2, 12);
    const CallTable::Handle third = add(3, 13);
    table_.remove(second);
    EXPECT_EQ(table_.first_call_of(caller_.calls), first);
    EXPECT_EQ(table_.first_invocation_of(callee_.calls), first);
    table_.remove(first);
    EXPECT_EQ(table_.first_call_of(caller_.calls), third);
    table_.remove(third);
    EXPECT_EQ(table_.first_call_of(caller_.calls), CallTable::none);
    EXPECT_EQ(table_.first_invocation_of(callee_.calls), CallTable::none);
    EXPECT_EQ(table_.first_invocation_of(caller_.calls), CallTable::none);
}

TEST_F(CallTableTest, ALeaseIsGivenBackWithItsCall) {
    const auto take = [&] { return tally_.acquire({Tally::Bound{7, 2}}); };
    const CallTable::Handle first = add(1, 1, never, *take());
    add(2, 2, never, *take());
    EXPECT_FALSE(take().has_value());
    table_.remove(first);
    EXPECT_TRUE(take().has_value());
}

TEST_F(CallTableTest, DueIsTheEarliestThatIsNotInTheFuture) {
    const Instant soon(test::seconds(1));
    const Instant later(test::seconds(2));
    const CallTable::Handle slow = add(1, 1, later);
    const CallTable::Handle fast = add(2, 2, soon);
    add(3, 3);
    EXPECT_EQ(table_.deadline(), soon);
    EXPECT_EQ(table_.due(soon - Duration(1)), CallTable::none);
    EXPECT_EQ(table_.due(soon), fast);
    table_.set_deadline(fast, later + Duration(1));
    EXPECT_EQ(table_.due(later), slow);
    EXPECT_EQ(table_.deadline_of(fast), later + Duration(1));
    table_.remove(slow);
    table_.remove(fast);
    EXPECT_EQ(table_.due(never), CallTable::none);
}

TEST_F(CallTableTest, SlotsAreUsedAgain) {
    const CallTable::Handle first = add(1, 1);
    table_.remove(first);
    EXPECT_EQ(add(2, 2), first);
    Member other;
    other.session.id = 3;
    const CallTable::Handle session = table_.open_session();
    table_.close_session(session);
    EXPECT_EQ(table_.open_session(), session);
}

}  // namespace
}  // namespace sallyport::wamp
