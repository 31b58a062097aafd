#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/wamp/router/world.h"
#include "wamp/message/uris.h"
#include "wamp/router/dealer.h"

namespace sallyport::wamp {
namespace {

using test::args;
using test::seconds;
using test::World;

/// Session 1 offers `p`; 2 and 3 call it.
class HeldInvocations : public testing::Test {
protected:
    static constexpr SessionId callee = 1;
    static constexpr SessionId caller = 2;
    static constexpr SessionId other = 3;

    HeldInvocations() {
        for (const SessionId id : {callee, caller, other}) world_.join(id);
        world_.enroll(callee, "p");
    }
    void full() { world_.realm.set_room(callee, false); }
    /// The callee takes one of the held calls; false if there is none.
    bool take_one() {
        bool sent = false;
        world_.realm.set_room(callee, true);
        world_.feed([&](Deliveries& out) {
            sent = world_.realm.invoke_held(callee, world_.now, out);
            for (const auto& entry : out.entries()) {
                if (const auto* invocation = std::get_if<Invocation>(&entry.message))
                    taken_.emplace_back(invocation->payload.args);
            }
        });
        world_.realm.set_room(callee, false);
        return sent;
    }

    std::vector<std::string> taken_;  ///< the arguments of what was held
    World world_;
};

TEST_F(HeldInvocations, WaitUntilTheCalleeHasRoomAndCountOnThen) {
    world_.call(caller, "p", {}, args("0"));
    full();
    std::string borrowed = "a long argument that does not fit into a short string";
    const RequestId call = world_.call(
        caller, "p", Dict{{"receive_progress", true}, {"disclose_me", true}}, args(borrowed));
    borrowed.assign(borrowed.size(), 'y');
    EXPECT_EQ(world_.all<Invocation>(callee).size(), 1u);
    EXPECT_EQ(world_.realm.counts().calls, 2u);
    EXPECT_EQ(world_.realm.counts().invocations, 1u);
    bool sent = false;
    world_.realm.set_room(callee, true);
    world_.feed([&](Deliveries& out) {
        sent = world_.realm.invoke_held(callee, world_.now, out);
        ASSERT_EQ(out.entries().size(), 1u);
        const auto& invocation = std::get<Invocation>(out.entries()[0].message);
        EXPECT_EQ(invocation.payload.args, "a long argument that does not fit into a short string");
        EXPECT_EQ(invocation.request, 2u);
        EXPECT_TRUE(invocation.details.get_bool("receive_progress", false));
        EXPECT_EQ(invocation.details.get_uint("caller", 0), caller);
    });
    EXPECT_TRUE(sent);
    world_.yield(callee, 2);
    EXPECT_EQ(world_.last<CallResult>(caller)->request, call);
    EXPECT_FALSE(take_one());
    EXPECT_EQ(world_.realm.counts().calls, 1u);
}

TEST_F(HeldInvocations, GoInAFairOrderOverTheCallers) {
    full();
    const std::string large(1000, 'x');
    for (int i = 0; i < 3; ++i) world_.call(caller, "p", {}, args(large));
    world_.call(other, "p", {}, args("small"));
    world_.send_as(other, {77, "far", "away"},
                   Call{world_.next_request(other), {}, "p", args("c")});
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(take_one());
    EXPECT_EQ(taken_, (std::vector<std::string>{"c", "small", large, large, large}));
    EXPECT_FALSE(take_one());
}

// A call that comes while others wait does not overtake them, although there is room.
TEST_F(HeldInvocations, AreNotOvertaken) {
    full();
    world_.call(caller, "p", {}, args("first"));
    world_.realm.set_room(callee, true);
    world_.call(caller, "p", {}, args("second"));
    EXPECT_EQ(world_.all<Invocation>(callee).size(), 0u);
    EXPECT_TRUE(take_one());
    EXPECT_TRUE(take_one());
    EXPECT_EQ(taken_, (std::vector<std::string>{"first", "second"}));
}

TEST_F(HeldInvocations, EndWithUnavailableWhenTheCalleeReadsNothingForTooLong) {
    full();
    const RequestId call = world_.call(caller, "p");
    world_.pass(hold_max - test::milliseconds(1));
    EXPECT_EQ(world_.all<Error>(caller).size(), 0u);
    world_.pass(test::milliseconds(1));
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::unavailable);
    EXPECT_EQ(world_.realm.counts().calls, 0u);
    EXPECT_FALSE(take_one()) << "the call is over";
    EXPECT_EQ(world_.all<Interrupt>(callee).size(), 0u);
}

TEST_F(HeldInvocations, TimeOutFromTheCallOn) {
    full();
    const RequestId early = world_.call(caller, "p", {{"timeout", 3000}});
    const RequestId late = world_.call(caller, "p", {{"timeout", 8000}});
    world_.pass(seconds(3));
    EXPECT_EQ(world_.error(caller, Call::type, early), uris::timeout);
    EXPECT_EQ(world_.all<Interrupt>(callee).size(), 0u) << "it knows nothing of the call";
    EXPECT_TRUE(take_one());
    world_.pass(seconds(5));
    EXPECT_EQ(world_.error(caller, Call::type, late), uris::timeout);
    EXPECT_EQ(world_.all<Interrupt>(callee).size(), 1u);
}

TEST_F(HeldInvocations, AreCancelledWithoutACallee) {
    for (const char* mode : {"skip", "kill", "killnowait"}) {
        full();
        const RequestId call = world_.call(caller, "p");
        world_.cancel(caller, call, {{"mode", mode}});
        EXPECT_EQ(world_.error(caller, Call::type, call), uris::canceled) << mode;
        EXPECT_FALSE(take_one());
    }
    EXPECT_EQ(world_.all<Interrupt>(callee).size(), 0u);
    EXPECT_EQ(taken_, std::vector<std::string>{});
}

TEST_F(HeldInvocations, EndWithTheirCallerAndTheirCallee) {
    full();
    world_.call(caller, "p", {}, args("gone"));
    const RequestId call = world_.call(other, "p", {}, args("left"));
    world_.leave(caller);
    EXPECT_EQ(world_.realm.counts().calls, 1u);
    world_.leave(callee);
    EXPECT_EQ(world_.error(other, Call::type, call), uris::canceled);
    EXPECT_EQ(world_.realm.counts().calls, 0u);
    EXPECT_EQ(world_.realm.counts().invocations, 0u);
}

TEST_F(HeldInvocations, DoNotReachACalleeThatHasUnregistered) {
    full();
    const RequestId call = world_.call(caller, "p");
    world_.send(callee, Unregister{world_.next_request(callee), 1, {}});
    EXPECT_TRUE(take_one());
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::no_such_procedure);
    EXPECT_EQ(taken_, std::vector<std::string>{});
}

TEST_F(HeldInvocations, AreBoundedForEachCaller) {
    full();
    for (std::size_t i = 0; i < held_calls_max; ++i) world_.call(caller, "p");
    EXPECT_EQ(world_.all<Error>(caller).size(), 0u);
    const RequestId call = world_.call(caller, "p");
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::unavailable);
    world_.call(other, "p");
    EXPECT_EQ(world_.all<Error>(other).size(), 0u);
    // Those that have ended do not count.
    world_.cancel(caller, 1);
    world_.call(caller, "p");
    EXPECT_EQ(world_.all<Error>(caller).size(), 2u);
}

TEST_F(HeldInvocations, AreBoundedForEachCallerByWhatTheOwnerOfTheRealmSays) {
    world_.realm.limit_held_bytes(100'000);
    full();
    const std::string large(60'000, 'x');
    for (int i = 0; i < 2; ++i) world_.call(caller, "p", {}, args(large));
    EXPECT_EQ(world_.all<Error>(caller).size(), 0u);
    EXPECT_EQ(world_.error(caller, Call::type, world_.call(caller, "p")), uris::unavailable);
    world_.call(other, "p");
    EXPECT_EQ(world_.all<Error>(other).size(), 0u);
}

TEST_F(HeldInvocations, AreBoundedInBytes) {
    full();
    const std::string large(std::size_t{4} << 20, 'x');
    for (int i = 0; i < 4; ++i) world_.call(caller, "p", {}, args(large));
    const RequestId call = world_.call(caller, "p", {}, args(large));
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::unavailable);
    for (SessionId id = 10; id < 13; ++id) {
        world_.join(id);
        for (int i = 0; i < 4; ++i) world_.call(id, "p", {}, args(large));
        EXPECT_EQ(world_.all<Error>(id).size(), 0u);
    }
    world_.call(other, "p");  // who holds nothing is not kept out
    EXPECT_EQ(world_.all<Error>(other).size(), 0u);
    EXPECT_EQ(world_.error(other, Call::type, world_.call(other, "p")), uris::unavailable);
    world_.leave(10);
    world_.call(other, "p");
    EXPECT_EQ(world_.all<Error>(other).size(), 1u) << "what has ended makes room";
}

TEST_F(HeldInvocations, AreNotNeededWhereAnotherCalleeHasRoom) {
    world_.join(4);
    for (const SessionId id : {callee, SessionId{4}})
        world_.enroll(id, "shared", {{"invoke", "roundrobin"}});
    full();
    for (int i = 0; i < 6; ++i) world_.call(caller, "shared");
    EXPECT_EQ(world_.all<Invocation>(4).size(), 6u);
    world_.realm.set_room(4, false);
    world_.call(caller, "shared");
    EXPECT_EQ(world_.all<Invocation>(4).size(), 6u);
    EXPECT_EQ(world_.realm.counts().calls, 7u);
}

}  // namespace
}  // namespace sallyport::wamp
