// Calls whose arguments come in several CALLs (requirements: Progressive call invocations).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/wamp/router/world.h"
#include "wamp/message/uris.h"
#include "wamp/router/dealer.h"

namespace sallyport::wamp {
namespace {

using test::args;
using test::seconds;
using test::World;

const Dict more{{"progress", true}};

Features able() {
    Features features = test::all_features();
    features.add(Feature::callee_progressive_call_invocations);
    return features;
}

/// Session 1 calls; 2 and 3 offer `p`.
class ProgressiveInvocations : public testing::Test {
protected:
    static constexpr SessionId caller = 1;
    static constexpr SessionId callee = 2;
    static constexpr SessionId other = 3;

    ProgressiveInvocations() {
        for (const SessionId id : {caller, callee, other}) world_.join(id, able());
        const Dict shared{{"invoke", "roundrobin"}};
        registration_ = world_.enroll(callee, "p", shared);
        world_.enroll(other, "p", shared);
        world_.forget();
    }

    void proceed(RequestId call, std::string_view payload, bool last = false) {
        world_.feed([&](Deliveries& out) {
            world_.realm.proceed(caller, Call{call, last ? Dict{} : more, "p", args(payload)},
                                 world_.now, out);
        });
    }
    std::vector<std::string> arguments(SessionId of) {
        std::vector<std::string> all;
        for (const Invocation& each : world_.all<Invocation>(of))
            all.emplace_back(each.payload.args);
        return all;
    }
    /// The callee takes all that is held for it; the arguments.
    std::vector<std::string> take_held() {
        std::vector<std::string> taken;
        world_.realm.set_room(callee, true);
        for (bool any = true; any;) {
            world_.feed([&](Deliveries& out) {
                any = world_.realm.invoke_held(callee, world_.now, out);
                for (const auto& entry : out.entries()) {
                    if (const auto* invocation = std::get_if<Invocation>(&entry.message))
                        taken.emplace_back(invocation->payload.args);
                }
            });
        }
        return taken;
    }
    void expect_empty() {
        EXPECT_EQ(world_.realm.counts().calls, 0u);
        EXPECT_EQ(world_.realm.counts().invocations, 0u);
        EXPECT_EQ(world_.realm.counts().held_bytes, 0u);
    }

    RegistrationId registration_ = 0;
    World world_;
};

// W-PCI-01, W-PCI-02, W-SHR-04
TEST_F(ProgressiveInvocations, GoToTheCalleeThatTheFirstWasSentToUnderOneId) {
    const RequestId call = world_.call(caller, "p", more, args("1"));
    world_.call(caller, "p", {}, args("x"));
    proceed(call, "2");
    proceed(call, "3", true);
    EXPECT_EQ(arguments(other), std::vector<std::string>{"x"});
    const auto sent = world_.all<Invocation>(callee);
    ASSERT_EQ(sent.size(), 3u);
    for (const Invocation& each : sent) {
        EXPECT_EQ(each.request, sent[0].request);
        EXPECT_EQ(each.registration, registration_);
    }
    EXPECT_EQ(sent[0].details, more);
    EXPECT_EQ(sent[1].details, more);
    EXPECT_TRUE(sent[2].details.empty());
    EXPECT_EQ(arguments(callee), (std::vector<std::string>{"1", "2", "3"}));
    world_.yield(callee, sent[0].request, {}, args("9"));
    EXPECT_EQ(world_.last<CallResult>(caller)->request, call);
}

// W-PCI-03, W-FEA-05
TEST_F(ProgressiveInvocations, ACalleeWithoutTheFeatureGetsNone) {
    world_.join(5, test::all_features());
    world_.enroll(5, "plain");
    const RequestId call = world_.call(caller, "plain", more);
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::feature_not_supported);
    EXPECT_EQ(world_.invoked(5), 0u);
    world_.call(caller, "plain");
    EXPECT_NE(world_.invoked(5), 0u);
}

// W-PCI-05, W-PCI-06
TEST_F(ProgressiveInvocations, TheCalleeMayAnswerBeforeTheLastAndWhatFollowsIsDropped) {
    const RequestId call = world_.call(caller, "p", more, args("1"));
    world_.yield(callee, world_.invoked(callee), {}, args("9"));
    EXPECT_EQ(world_.last<CallResult>(caller)->request, call);
    world_.forget();
    proceed(call, "2");
    proceed(call, "3", true);
    EXPECT_TRUE(world_.sent_to(callee).empty());
    EXPECT_TRUE(world_.sent_to(caller).empty());
    expect_empty();
}

TEST_F(ProgressiveInvocations, ACallThatIsClosedOrWasNeverOpenTakesNone) {
    const RequestId plain = world_.call(caller, "p");
    const RequestId closed = world_.call(caller, "p", more);
    proceed(closed, "2", true);
    world_.forget();
    proceed(plain, "2");
    proceed(closed, "3");
    proceed(99, "4");
    EXPECT_TRUE(world_.sent_to(callee).empty());
    EXPECT_TRUE(world_.sent_to(other).empty());
}

TEST_F(ProgressiveInvocations, GoTogetherWithProgressiveResults) {
    const RequestId call =
        world_.call(caller, "p", Dict{{"progress", true}, {"receive_progress", true}}, args("1"));
    const RequestId invocation = world_.invoked(callee);
    EXPECT_EQ(world_.last<Invocation>(callee)->details,
              (Dict{{"receive_progress", true}, {"progress", true}}));
    world_.yield(callee, invocation, more, args("a"));
    proceed(call, "2");
    world_.yield(callee, invocation, more, args("b"));
    proceed(call, "3", true);
    world_.yield(callee, invocation, {}, args("c"));
    std::vector<std::string> results;
    for (const auto& each : world_.all<CallResult>(caller)) results.emplace_back(each.payload.args);
    EXPECT_EQ(results, (std::vector<std::string>{"a", "b", "c"}));
    expect_empty();
}

// W-CAN-02, W-CAN-06
TEST_F(ProgressiveInvocations, NothingFollowsACancel) {
    for (const char* mode : {"skip", "kill", "killnowait"}) {
        const RequestId call = world_.call(caller, "p", more);
        const SessionId invoked = world_.invoked(callee) != 0 ? callee : other;
        world_.cancel(caller, call, Dict{{"mode", mode}});
        world_.forget();
        proceed(call, "2");
        EXPECT_TRUE(world_.sent_to(invoked).empty()) << mode;
        world_.pass(kill_wait_max);
    }
    expect_empty();
}

// W-TMO-01
TEST_F(ProgressiveInvocations, TheTimeRunsFromTheFirst) {
    const RequestId call = world_.call(caller, "p", Dict{{"progress", true}, {"timeout", 2000}});
    world_.pass(seconds(1));
    proceed(call, "2");
    world_.pass(seconds(1));
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::timeout);
    EXPECT_NE(world_.last<Interrupt>(callee), nullptr);
    expect_empty();
}

// W-PCI-07, W-RPC-09, W-RPC-10
TEST_F(ProgressiveInvocations, EndWithTheirCalleeOrCaller) {
    const RequestId call = world_.call(caller, "p", more);
    world_.leave(callee);
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::canceled);
    world_.forget();
    proceed(call, "2");
    EXPECT_TRUE(world_.sent_to(other).empty());
    world_.call(caller, "p", more);
    world_.leave(caller);
    EXPECT_NE(world_.last<Interrupt>(other), nullptr);
    expect_empty();
}

// W-GWY-10
TEST_F(ProgressiveInvocations, AreHeldInOrderForACalleeWithoutRoom) {
    const RequestId call = world_.call(caller, "p", more, args("1"));
    world_.realm.set_room(callee, false);
    for (const char* each : {"2", "3", "4"}) proceed(call, each);
    world_.forget();
    proceed(call, "5", true);
    EXPECT_TRUE(world_.sent_to(callee).empty());
    EXPECT_GT(world_.realm.counts().held_bytes, 0u);
    EXPECT_EQ(take_held(), (std::vector<std::string>{"2", "3", "4", "5"}));
    for (const Invocation& each : world_.all<Invocation>(callee)) EXPECT_EQ(each.request, 1u);
    EXPECT_EQ(world_.realm.counts().held_bytes, 0u);
    world_.yield(callee, 1);
    EXPECT_EQ(world_.last<CallResult>(caller)->request, call);
    expect_empty();
}

TEST_F(ProgressiveInvocations, AreHeldBehindTheFirst) {
    world_.enroll(callee, "q");
    world_.realm.set_room(callee, false);
    const RequestId call = world_.call(caller, "q", more, args("1"));
    proceed(call, "2");
    proceed(call, "3", true);
    EXPECT_EQ(take_held(), (std::vector<std::string>{"1", "2", "3"}));
}

// A caller is slowed down (CallerWaits) and not refused as long as the callee reads at all.
TEST_F(ProgressiveInvocations, WaitAsLongAsTheCalleeReads) {
    world_.realm.limit_held_bytes(40'000);
    const RequestId call = world_.call(caller, "p", more, args("1"));
    world_.realm.set_room(callee, false);
    int sent = 0;
    std::vector<CallerWaits::Change> changes;
    while (changes.empty()) {
        proceed(call, "x");
        ++sent;
        changes = world_.realm.take_caller_waits();
    }
    EXPECT_EQ(changes, (std::vector<CallerWaits::Change>{{{caller, caller}, true}}));
    for (int i = 0; i < sent; ++i) {
        world_.pass(hold_max - seconds(1));
        world_.realm.set_room(callee, true);
        world_.feed([&](Deliveries& out) {
            EXPECT_TRUE(world_.realm.invoke_held(callee, world_.now, out));
        });
        world_.realm.set_room(callee, false);
    }
    EXPECT_EQ(world_.realm.take_caller_waits(),
              (std::vector<CallerWaits::Change>{{{caller, caller}, false}}));
    EXPECT_EQ(world_.realm.counts().calls, 1u);
}

TEST_F(ProgressiveInvocations, EndWithACalleeThatDoesNotReadOrMoreThanMayBeHeld) {
    RequestId call = world_.call(caller, "p", more, args("1"));
    world_.realm.set_room(callee, false);
    proceed(call, "2");
    world_.pass(hold_max);
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::unavailable);
    EXPECT_NE(world_.last<Interrupt>(callee), nullptr) << "it has begun to work";
    expect_empty();
    world_.realm.limit_held_bytes(10'000);
    world_.call(caller, "p", {});
    world_.realm.set_room(callee, true);
    call = world_.call(caller, "p", more, args("1"));
    world_.realm.set_room(callee, false);
    for (int i = 0; i < 100 && world_.error(caller, Call::type, call).empty(); ++i)
        proceed(call, "2");
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::unavailable);
    EXPECT_EQ(world_.realm.counts().held_bytes, 0u);
}

// W-PPT-01: the options come with each, as the session froze them.
TEST_F(ProgressiveInvocations, SaySealedOfEach) {
    Features features = able();
    features.add(Feature::callee_payload_passthru_mode);
    world_.join(6, features);
    world_.enroll(6, "sealed");
    const Dict first{{"progress", true}, {"ppt_scheme", "x_own"}};
    const RequestId call = world_.call(caller, "sealed", first, args("1"));
    world_.feed([&](Deliveries& out) {
        world_.realm.proceed(caller, Call{call, Dict{{"ppt_scheme", "x_own"}}, "sealed", {}},
                             world_.now, out);
    });
    EXPECT_EQ(world_.last<Invocation>(6)->details, (Dict{{"ppt_scheme", "x_own"}}));
}

}  // namespace
}  // namespace sallyport::wamp
