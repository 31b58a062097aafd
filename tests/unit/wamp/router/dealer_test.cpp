#include "wamp/router/dealer.h"

#include <gtest/gtest.h>

#include "tests/unit/wamp/router/world.h"
#include "wamp/message/uris.h"

namespace sallyport::wamp {
namespace {

using test::args;
using test::World;

class DealerTest : public test::CallerAndCallees {};

// W-RPC-03
TEST_F(DealerTest, ACallGoesToTheCalleeAndItsResultComesBack) {
    const Payload question{Serializer::json, "[1]", "{\"a\":2}"};
    const RequestId call = world_.call(caller, "p", {}, question);
    const Invocation* invocation = world_.last<Invocation>(callee);
    ASSERT_NE(invocation, nullptr);
    EXPECT_EQ(invocation->payload.args.data(), question.args.data()) << "borrowed, not copied";
    EXPECT_EQ(invocation->payload.kwargs.data(), question.kwargs.data());
    const Payload answer{Serializer::msgpack, "\x91\x05", {}};
    world_.yield(callee, invocation->request, {}, answer);
    const CallResult* result = world_.last<CallResult>(caller);
    ASSERT_NE(result, nullptr);
    EXPECT_EQ(result->request, call);
    EXPECT_TRUE(result->details.empty());
    EXPECT_EQ(result->payload.args.data(), answer.args.data());
    EXPECT_EQ(result->payload.serializer, Serializer::msgpack);
    EXPECT_EQ(world_.realm.counts().calls, 0u);
    EXPECT_EQ(world_.realm.counts().invocations, 0u);
}

// W-RPC-04
TEST_F(DealerTest, ACallToNothingIsRefusedWithoutDetails) {
    const RequestId call = world_.call(caller, "nothing");
    EXPECT_EQ(world_.error(caller, Call::type, call), uris::no_such_procedure);
    EXPECT_TRUE(world_.last<Error>(caller)->details.empty());
    EXPECT_TRUE(world_.last<Error>(caller)->payload.empty());
}

// Until there is a meta API, its procedures are procedures that nobody registered.
TEST_F(DealerTest, MetaProceduresDoNotExist) {
    for (const char* procedure : {"wamp.session.count", "wamp.registration.list", "wamp"}) {
        EXPECT_EQ(world_.error(caller, Call::type, world_.call(caller, procedure)),
                  uris::no_such_procedure);
    }
}

// W-URI-04
TEST_F(DealerTest, ACallToABadUriIsRefused) {
    for (const char* procedure : {"", "a..b", "a.", ".a", "a b", "a#"}) {
        EXPECT_EQ(world_.error(caller, Call::type, world_.call(caller, procedure)),
                  uris::invalid_uri);
    }
}

// W-SHD-01
TEST_F(DealerTest, ARunModeIsRefused) {
    EXPECT_EQ(
        world_.error(caller, Call::type, world_.call(caller, "p", Dict{{"runmode", "partition"}})),
        uris::option_not_allowed);
}

// W-RPC-06, W-DEF-02
TEST_F(DealerTest, AnErrorOfTheCalleeIsTheAnswer) {
    const RequestId call = world_.call(caller, "p");
    const Payload payload = args("\x90");
    Error error{MessageType::invocation, 1, Dict{{"callee", 5}}, "com.oh.no", payload};
    world_.send(callee, error);
    const Error* answer = world_.last<Error>(caller);
    ASSERT_NE(answer, nullptr);
    EXPECT_EQ(answer->request_type, MessageType::call);
    EXPECT_EQ(answer->request, call);
    EXPECT_EQ(answer->uri, "com.oh.no");
    EXPECT_EQ(answer->payload.args.data(), payload.args.data());
    EXPECT_TRUE(answer->details.empty()) << "W-GWY-11";
    EXPECT_EQ(world_.realm.counts().calls, 0u);
}

// W-RPC-05
TEST_F(DealerTest, ResultsComeInAnyOrder) {
    const RequestId first = world_.call(caller, "p");
    const RequestId second = world_.call(caller, "p");
    world_.yield(callee, 2);
    EXPECT_EQ(world_.last<CallResult>(caller)->request, second);
    world_.yield(callee, 1);
    EXPECT_EQ(world_.last<CallResult>(caller)->request, first);
}

// W-ID-04, W-ORD-02
TEST_F(DealerTest, InvocationsOfASessionCountFromOne) {
    world_.join(4);
    world_.enroll(4, "q");
    for (int i = 0; i < 3; ++i) world_.call(caller, "p");
    world_.call(caller, "q");
    world_.call(4, "p");
    std::vector<RequestId> ids;
    for (const Invocation& invocation : world_.all<Invocation>(callee)) {
        ids.push_back(invocation.request);
    }
    EXPECT_EQ(ids, (std::vector<RequestId>{1, 2, 3, 4}));
    EXPECT_EQ(world_.invoked(4), 1u);
}

// W-ID-10: an id that is pending since the last time round is passed over.
TEST(Dealer, InvocationIdsWrapPastThoseThatArePending) {
    HoldingChanges changes;
    Dealer dealer(test::random(), changes);
    Deliveries out;
    Member only;
    only.session = {1, "a", "b", test::all_features(), id_max};
    dealer.join(only);
    dealer.register_(only, Register{1, {}, "p"}, out);
    const Origin origin{1, "a", "b"};
    const auto invoke = [&](RequestId call) {
        dealer.call(only, Call{call, {}, "p", {}}, origin, {}, Instant{}, out);
        return std::get<Invocation>(out.entries().back().message).request;
    };
    EXPECT_EQ(invoke(2), 1u);
    only.session.last_invocation = id_max - 1;
    EXPECT_EQ(invoke(3), id_max);
    EXPECT_EQ(invoke(4), 2u);
    EXPECT_EQ(dealer.calls().invocations(), 3u);
    dealer.leave(only, out);
}

// W-RPC-07
TEST_F(DealerTest, WhatComesAfterTheAnswerIsDropped) {
    world_.call(caller, "p");
    world_.yield(callee, 1);
    world_.forget();
    world_.yield(callee, 1);
    world_.refuse(callee, 1, "com.oh.no");
    world_.yield(callee, 1, Dict{{"progress", true}});
    EXPECT_TRUE(world_.sent_to(caller).empty());
}

// W-RPC-08, W-SEC-14
TEST_F(DealerTest, NoCalleeAnswersForAnother) {
    world_.call(caller, "p");
    world_.forget();
    for (const SessionId stranger : {plain, caller}) {
        world_.yield(stranger, 1);
        world_.refuse(stranger, 1, "com.oh.no");
    }
    EXPECT_TRUE(world_.sent_to(caller).empty());
    world_.yield(callee, 1);
    EXPECT_NE(world_.last<CallResult>(caller), nullptr);
}

TEST_F(DealerTest, ASessionMayCallItself) {
    const RequestId call = world_.call(callee, "p");
    world_.yield(callee, world_.invoked(callee));
    ASSERT_NE(world_.last<CallResult>(callee), nullptr);
    EXPECT_EQ(world_.last<CallResult>(callee)->request, call);
}

// An id that is still pending gets no second answer; the session machine refuses it where ids are
// held to a sequence.
TEST_F(DealerTest, ASecondCallUnderAPendingIdIsDropped) {
    world_.send(caller, Call{5, {}, "p", {}});
    world_.send(caller, Call{5, {}, "p", {}});
    world_.send(caller, Call{5, {}, "nothing", {}});
    EXPECT_EQ(world_.all<Invocation>(callee).size(), 1u);
    EXPECT_TRUE(world_.sent_to(caller).empty());
}

TEST_F(DealerTest, ErrorsAboutOtherThingsThanInvocationsAreDropped) {
    world_.call(caller, "p");
    world_.send(callee, Error{MessageType::call, 1, {}, "a.b", {}});
    EXPECT_EQ(world_.realm.counts().calls, 1u);
    EXPECT_TRUE(world_.sent_to(caller).empty());
}

// W-CID-01, W-CID-03, W-CID-04
TEST_F(DealerTest, ACalleeLearnsWhoCallsIfTheCallerSaysSo) {
    const Dict claims{{"caller", 99}, {"caller_authid", "root"}};
    Dict discloses = claims;
    discloses.append("disclose_me", true);
    world_.call(caller, "p", claims);
    EXPECT_TRUE(world_.last<Invocation>(callee)->details.empty());
    world_.call(caller, "p", discloses);
    EXPECT_EQ(world_.last<Invocation>(callee)->details,
              (Dict{{"caller", caller}, {"caller_authid", "own"}, {"caller_authrole", "role"}}));
    world_.call(caller, "plain", discloses);  // it has not announced caller_identification
    EXPECT_TRUE(world_.last<Invocation>(plain)->details.empty());
}

// W-CID-01
TEST_F(DealerTest, ACalleeThatMayDemandItLearnsWhoCalls) {
    world_.enroll(callee, "demands", Dict{{"disclose_caller", true}});
    world_.call(caller, "demands");
    EXPECT_EQ(world_.last<Invocation>(callee)->details.get_uint("caller", 0), caller);
}

// W-CID-01, W-CID-03
TEST_F(DealerTest, AConveyedCallerIsDisclosedAsAnyOtherIfTheRealmIsToldSo) {
    world_.realm.name_conveyed_callers(false);
    const auto call = [this](std::string_view procedure, Dict options) {
        world_.send_as(
            caller, {77, "alice", "operator"},
            Call{world_.next_request(caller), std::move(options), std::string(procedure), {}});
    };
    world_.enroll(plain, "demands", Dict{{"disclose_caller", true}});
    call("p", {});
    EXPECT_TRUE(world_.last<Invocation>(callee)->details.empty());
    call("p", {{"disclose_me", true}});
    EXPECT_EQ(world_.last<Invocation>(callee)->details.get_string("caller_authid"), "alice");
    call("plain", {{"disclose_me", true}});
    EXPECT_TRUE(world_.last<Invocation>(plain)->details.empty());
    call("demands", {});
    EXPECT_EQ(world_.last<Invocation>(plain)->details.get_string("caller_authid"), "alice");
}

// W-CID-03
TEST_F(DealerTest, AConveyedCallerIsAlwaysDisclosed) {
    world_.send_as(caller, {77, "alice", "operator"},
                   Call{world_.next_request(caller), {}, "plain", {}});
    EXPECT_EQ(world_.last<Invocation>(plain)->details,
              (Dict{{"caller", 77}, {"caller_authid", "alice"}, {"caller_authrole", "operator"}}));
}

// W-SEC-09
TEST_F(DealerTest, ACalleeOutsideLearnsWhoCallsOnlyFromACallerThatSaysSo) {
    constexpr SessionId gateway = 50;
    world_.join(gateway, test::all_features(), "gateway", "gateway", true);
    world_.enroll(gateway, "outside");
    world_.call(caller, "outside");
    EXPECT_TRUE(world_.last<Invocation>(gateway)->details.empty());
    world_.send_as(caller, {77, "alice", "operator"},
                   Call{world_.next_request(caller), {}, "outside", {}});
    EXPECT_TRUE(world_.last<Invocation>(gateway)->details.empty());
    world_.call(caller, "outside", Dict{{"disclose_me", true}});
    EXPECT_EQ(world_.last<Invocation>(gateway)->details,
              (Dict{{"caller", caller}, {"caller_authid", "own"}, {"caller_authrole", "role"}}));
}

// W-CID-01
TEST_F(DealerTest, ACalleeOutsideThatMayDemandItLearnsWhoCalls) {
    constexpr SessionId gateway = 50;
    world_.join(gateway, test::all_features(), "gateway", "gateway", true);
    world_.enroll(gateway, "outside", Dict{{"disclose_caller", true}});
    world_.call(caller, "outside");
    EXPECT_EQ(world_.last<Invocation>(gateway)->details.get_uint("caller", 0), caller);
}

// W-SEC-01, W-GWY-02, W-TRL-02, W-SEC-04
TEST_F(DealerTest, OptionsAreNotCopiedIntoDetails) {
    world_.call(caller, "plain",
                Dict{{"trustlevel", 9},
                     {"procedure", "x"},
                     {"x_own", 1},
                     {"forward_for", List{}},
                     {"disclose_me", true}});
    EXPECT_TRUE(world_.last<Invocation>(plain)->details.empty());
    world_.yield(plain, 1, Dict{{"callee", 1}, {"x_own", 1}});
    EXPECT_TRUE(world_.last<CallResult>(caller)->details.empty());
}

const Dict wants_progress{{"receive_progress", true}};
const Dict progress{{"progress", true}};

// W-PCR-01, W-PCR-02, W-PCR-03
TEST_F(DealerTest, ProgressIsPassedOnAndTheCallStaysOpen) {
    const RequestId call = world_.call(caller, "p", wants_progress);
    EXPECT_TRUE(world_.last<Invocation>(callee)->details.get_bool("receive_progress", false));
    for (const std::string_view part : {"1", "2"}) {
        world_.yield(callee, 1, progress, args(part));
        const CallResult* result = world_.last<CallResult>(caller);
        ASSERT_NE(result, nullptr);
        EXPECT_EQ(result->request, call);
        EXPECT_EQ(result->details, progress);
        EXPECT_EQ(result->payload.args, part);
    }
    world_.yield(callee, 1);
    EXPECT_TRUE(world_.last<CallResult>(caller)->details.empty());
    EXPECT_EQ(world_.all<CallResult>(caller).size(), 3u);
    world_.yield(callee, 1, progress);
    EXPECT_EQ(world_.all<CallResult>(caller).size(), 3u);
}

// W-PCR-01
TEST_F(DealerTest, ACalleeThatCannotIsNotAskedForProgress) {
    world_.call(caller, "plain", wants_progress);
    EXPECT_TRUE(world_.last<Invocation>(plain)->details.empty());
    world_.yield(plain, 1, progress);
    EXPECT_TRUE(world_.sent_to(caller).empty());
    world_.yield(plain, 1);
    EXPECT_NE(world_.last<CallResult>(caller), nullptr);
}

// W-PCR-04
TEST_F(DealerTest, ProgressThatNobodyAskedForIsDropped) {
    world_.call(caller, "p");
    EXPECT_EQ(world_.last<Invocation>(callee)->details.find("receive_progress"), nullptr);
    world_.yield(callee, 1, progress);
    EXPECT_TRUE(world_.sent_to(caller).empty());
    EXPECT_EQ(world_.realm.counts().calls, 1u);
    world_.yield(callee, 1);
    EXPECT_EQ(world_.all<CallResult>(caller).size(), 1u);
}

TEST_F(DealerTest, AnErrorMayEndACallAfterProgress) {
    const RequestId call = world_.call(caller, "p", wants_progress);
    world_.yield(callee, 1, progress);
    world_.refuse(callee, 1, "com.oh.no");
    EXPECT_EQ(world_.error(caller, Call::type, call), "com.oh.no");
}

TEST_F(DealerTest, ACallHoldsItsLeaseUntilItIsAnswered) {
    world_.bounds = {Tally::Bound{7, 1}};
    world_.call(caller, "p");
    EXPECT_EQ(world_.tally.counts(), 1u);
    world_.yield(callee, 1);
    EXPECT_EQ(world_.tally.counts(), 0u);
}

TEST_F(DealerTest, RefusedCallsHoldNone) {
    world_.bounds = {Tally::Bound{7, 1}};
    world_.call(caller, "nothing");
    EXPECT_EQ(world_.tally.counts(), 0u);
}

}  // namespace
}  // namespace sallyport::wamp
