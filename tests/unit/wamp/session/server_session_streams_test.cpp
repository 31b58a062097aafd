// Calls whose arguments come in several CALLs (requirements: Progressive call invocations).
#include <gtest/gtest.h>

#include <string_view>

#include "tests/unit/wamp/session/samples.h"
#include "wamp/session/server_session.h"

namespace sallyport::wamp {
namespace {

using Verdict = ServerSession::Verdict;
using test::hello;
using test::roles;

const Dict more{{"progress", true}};

ServerSession established(ServerSession session, bool announces = true) {
    Dict details = roles({"caller"});
    Dict& role = *details.find("roles")->get_if<Dict>()->find("caller")->get_if<Dict>();
    role.append("features",
                Dict{{"progressive_call_invocations", announces}, {"payload_passthru_mode", true}});
    session.judge(hello(std::move(details)));
    session.welcomed(7);
    return session;
}
ServerSession strict() {
    return established(ServerSession());
}

Call chunk(RequestId id, bool last = false, std::string_view procedure = "a.b") {
    return {id, last ? Dict{} : more, std::string(procedure), {}};
}

/// As the door does with a further CALL.
Verdict proceeded(ServerSession& session, Call call) {
    const Verdict verdict = session.judge(call);
    if (verdict == Verdict::proceed) session.freeze(call);
    return verdict;
}

// W-PCI-01, W-PCI-08
TEST(ServerSessionStreams, FurtherCallsHaveTheIdOfTheFirst) {
    ServerSession session = strict();
    EXPECT_EQ(session.judge(chunk(1)), Verdict::dispatch);
    EXPECT_EQ(session.judge(Call{2, {}, "c.d", {}}), Verdict::dispatch);
    EXPECT_EQ(proceeded(session, chunk(1)), Verdict::proceed);
    EXPECT_EQ(session.judge(chunk(3, false, "c.d")), Verdict::dispatch);
    EXPECT_EQ(session.streams(), 2u);
    EXPECT_EQ(proceeded(session, chunk(1, true)), Verdict::proceed);
    EXPECT_EQ(session.streams(), 1u);
    EXPECT_EQ(session.judge(Call{4, {}, "c.d", {}}), Verdict::dispatch);
}

// W-PCI-08
TEST(ServerSessionStreams, ACallThatIsNotOpenForThemGetsNone) {
    ServerSession plain = strict();
    plain.judge(Call{1, {}, "a.b", {}});
    EXPECT_EQ(plain.judge(chunk(1)), Verdict::violation);
    ServerSession closed = strict();
    closed.judge(chunk(1));
    proceeded(closed, chunk(1, true));
    EXPECT_EQ(closed.judge(chunk(1)), Verdict::violation);
    ServerSession gap = strict();
    gap.judge(chunk(1));
    EXPECT_EQ(gap.judge(chunk(3)), Verdict::violation);
}

// W-PCI-08, W-ID-06
TEST(ServerSessionStreams, AreJudgedAlikeWithEachRuleForIds) {
    for (const IdRule rule : {IdRule::strict, IdRule::monotonic, IdRule::off}) {
        ServerSession session = established(ServerSession(rule));
        EXPECT_EQ(session.judge(chunk(1)), Verdict::dispatch);
        EXPECT_EQ(proceeded(session, chunk(1)), Verdict::proceed);
        EXPECT_EQ(proceeded(session, chunk(1, true)), Verdict::proceed);
        EXPECT_EQ(session.judge(chunk(1)), Verdict::violation) << "still in use (W-ID-10)";
    }
    ServerSession off = established(ServerSession(IdRule::off));
    off.judge(chunk(5));
    off.sent(CallResult{5, {}, {}});
    EXPECT_EQ(off.judge(chunk(5, true)), Verdict::ignore);
    EXPECT_EQ(off.judge(chunk(5)), Verdict::dispatch) << "a new call";
}

// W-PCI-05
TEST(ServerSessionStreams, FurtherCallsThatTheAnswerHasCrossedAreIgnored) {
    ServerSession session = strict();
    session.judge(chunk(1));
    session.sent(CallResult{1, more, {}});
    EXPECT_EQ(proceeded(session, chunk(1)), Verdict::proceed)
        << "a progressive result ends nothing";
    session.sent(Error{MessageType::call, 1, {}, "a.b", {}});
    EXPECT_EQ(session.judge(chunk(1)), Verdict::ignore);
    EXPECT_EQ(session.judge(chunk(1, true)), Verdict::ignore);
    EXPECT_EQ(session.judge(chunk(1)), Verdict::violation) << "after its last one";
}

// W-PCI-09
TEST(ServerSessionStreams, AFurtherCallNamesTheSameProcedure) {
    ServerSession session = strict();
    session.judge(chunk(1));
    EXPECT_EQ(session.judge(chunk(1, true, "a.c")), Verdict::violation);
}

// W-PCI-03
TEST(ServerSessionStreams, BothSidesMustHaveAnnouncedThem) {
    ServerSession client = established(ServerSession(), false);
    EXPECT_EQ(client.judge(chunk(1)), Verdict::violation);
    ServerSession router = established(ServerSession(IdRule::strict, true, false));
    EXPECT_EQ(router.judge(chunk(1)), Verdict::violation);
    EXPECT_EQ(established(ServerSession(), false).judge(chunk(1, true)), Verdict::dispatch);
}

// W-PCI-04
TEST(ServerSessionStreams, TheOptionsOfTheFirstCallAreFrozen) {
    ServerSession session = strict();
    session.judge(
        Call{1, Dict{{"progress", true}, {"ppt_scheme", "x_own"}, {"timeout", 5}}, "a.b", {}});
    const List origin{Dict{{"session", 9}}};
    Call further{1,
                 Dict{{"progress", true},
                      {"ppt_scheme", "wamp"},
                      {"disclose_me", true},
                      {"forward_for", origin}},
                 "a.b",
                 {}};
    ASSERT_EQ(session.judge(further), Verdict::proceed);
    session.freeze(further);
    EXPECT_EQ(further.options,
              (Dict{{"progress", true}, {"ppt_scheme", "x_own"}, {"forward_for", origin}}));
    Call last{1, Dict{{"progress", false}}, "a.b", {}};
    ASSERT_EQ(session.judge(last), Verdict::proceed);
    session.freeze(last);
    EXPECT_EQ(last.options, (Dict{{"ppt_scheme", "x_own"}}));
}

// W-PCI-10
TEST(ServerSessionStreams, OneTooManyIsRefusedAndItsFurtherCallsAreIgnored) {
    ServerSession session = strict();
    RequestId id = 0;
    for (std::size_t i = 0; i < streams_of_client_max; ++i)
        EXPECT_EQ(session.judge(chunk(++id)), Verdict::dispatch);
    EXPECT_EQ(session.judge(chunk(++id)), Verdict::refuse);
    EXPECT_EQ(session.judge(chunk(id)), Verdict::ignore);
    EXPECT_EQ(session.streams(), streams_of_client_max);
    session.sent(CallResult{1, {}, {}});
    EXPECT_EQ(session.judge(chunk(++id)), Verdict::dispatch);
}

TEST(ServerSessionStreams, EndWithTheirSession) {
    ServerSession session = strict();
    session.judge(chunk(1));
    session.judge(Goodbye{{}, "wamp.close.close_realm"});
    session = established(std::move(session));
    EXPECT_EQ(session.streams(), 0u);
    EXPECT_EQ(session.judge(chunk(1)), Verdict::dispatch);
}

}  // namespace
}  // namespace sallyport::wamp
