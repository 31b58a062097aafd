// Request ids as ServerSession judges them (W-ID-04 to 10).

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/unit/wamp/session/samples.h"
#include "wamp/session/server_session.h"

namespace sallyport::wamp {
namespace {

using Verdict = ServerSession::Verdict;
using test::hello;

ServerSession joined(IdRule rule = IdRule::strict) {
    ServerSession session(rule);
    session.judge(hello());
    session.welcomed(7);
    return session;
}

void rejoin(ServerSession& session) {
    session.judge(Goodbye{{}, "wamp.close.close_realm"});
    session.judge(hello());
    session.welcomed(8);
}

Verdict publish(ServerSession& session, RequestId id) {
    return session.judge(Publish{id, {}, "a", {}});
}

TEST(ServerSessionIds, AllRequestTypesShareOneCounter) {
    ServerSession session = joined();
    EXPECT_EQ(session.judge(Register{1, {}, "p"}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Subscribe{2, {}, "t"}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Publish{3, {}, "t", {}}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Call{4, {}, "p", {}}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Unsubscribe{5, 1, {}}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Unregister{6, 1, {}}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Call{8, {}, "p", {}}), Verdict::violation);
}

TEST(ServerSessionIds, StrictAllowsNeitherGapNorRepeatNorDecrease) {  // W-ID-05
    for (const RequestId next : {RequestId{1}, RequestId{2}, RequestId{4}, id_max}) {
        ServerSession session = joined();
        publish(session, 1);
        publish(session, 2);
        EXPECT_EQ(publish(session, next), Verdict::violation) << next;
    }
    ServerSession session = joined();
    EXPECT_EQ(publish(session, 2), Verdict::violation);
}

TEST(ServerSessionIds, MonotonicAllowsGapsOnly) {
    ServerSession session = joined(IdRule::monotonic);
    EXPECT_EQ(publish(session, 5), Verdict::dispatch);
    EXPECT_EQ(publish(session, 900), Verdict::dispatch);
    EXPECT_EQ(publish(session, 900), Verdict::violation);
    ServerSession other = joined(IdRule::monotonic);
    publish(other, 5);
    EXPECT_EQ(publish(other, 4), Verdict::violation);
}

TEST(ServerSessionIds, OffAllowsAll) {
    ServerSession session = joined(IdRule::off);
    for (const RequestId id : {RequestId{77}, RequestId{3}, RequestId{3}, id_max, RequestId{1}}) {
        EXPECT_EQ(publish(session, id), Verdict::dispatch) << id;
    }
    EXPECT_EQ(session.judge(Cancel{500, {}}), Verdict::dispatch);
}

TEST(ServerSessionIds, AfterTheLastIdComesTheFirst) {
    ServerSession session = joined(IdRule::monotonic);
    EXPECT_EQ(publish(session, id_max), Verdict::dispatch);
    EXPECT_EQ(publish(session, 1), Verdict::dispatch);
    // Now every id was used once: a CANCEL of any of them may be a race.
    EXPECT_EQ(session.judge(Cancel{id_max, {}}), Verdict::dispatch);
}

TEST(ServerSessionIds, ARestartedCounterHasNotBeenRound) {
    ServerSession session = joined(IdRule::monotonic);
    publish(session, id_max);
    publish(session, 1);
    rejoin(session);
    publish(session, 1);
    EXPECT_EQ(session.judge(Cancel{2, {}}), Verdict::violation);
}

// W-ID-06, W-ID-10
TEST(ServerSessionIds, AnIdIsFreeAgainOnceItsRequestIsAnswered) {
    const Dict acknowledge{{"acknowledge", true}};
    const std::vector<std::pair<Message, Message>> answered{
        {Call{9, {}, "p", {}}, CallResult{9, {}, {}}},
        {Call{9, {}, "p", {}}, Error{MessageType::call, 9, {}, "a.b", {}}},
        {Publish{9, acknowledge, "t", {}}, Published{9, 1}},
        {Subscribe{9, {}, "t"}, Subscribed{9, 1}},
        {Unsubscribe{9, 1, {}}, Unsubscribed{9, {}}},
        {Register{9, {}, "p"}, Registered{9, 1}},
        {Unregister{9, 1, {}}, Unregistered{9, {}}}};
    for (const auto& [request, answer] : answered) {
        for (const auto& [other, unused] : answered) {
            ServerSession session = joined(IdRule::off);
            EXPECT_EQ(session.judge(request), Verdict::dispatch);
            session.sent(answer);
            EXPECT_EQ(session.judge(other), Verdict::dispatch) << to_string(type_of(answer));
            EXPECT_EQ(session.judge(request), Verdict::violation) << to_string(type_of(other));
        }
    }
}

// W-ID-10
TEST(ServerSessionIds, WhatIsNoFinalAnswerLeavesARequestOpen) {
    const std::vector<Message> others{CallResult{9, {{"progress", true}}, {}},
                                      CallResult{8, {}, {}},
                                      Error{MessageType::call, 8, {}, "a.b", {}},
                                      Event{9, 9, {}, {}},
                                      Invocation{9, 1, {}, {}},
                                      Interrupt{9, {}},
                                      Goodbye{{}, "a.b"}};
    for (const Message& other : others) {
        ServerSession session = joined(IdRule::off);
        session.judge(Call{9, {}, "p", {}});
        session.sent(other);
        EXPECT_EQ(publish(session, 9), Verdict::violation) << to_string(type_of(other));
    }
}

// W-ID-09, W-ID-10: requests of a session that has ended get no answer.
TEST(ServerSessionIds, NoRequestIsOpenInANewSession) {
    ServerSession session = joined(IdRule::off);
    session.judge(Call{9, {}, "p", {}});
    rejoin(session);
    EXPECT_EQ(session.judge(Call{9, {}, "p", {}}), Verdict::dispatch);
}

// W-ID-10
TEST(ServerSessionIds, MonotonicIdsThatHaveBeenRoundMeetOpenRequests) {
    ServerSession session = joined(IdRule::monotonic);
    session.judge(Call{1, {}, "p", {}});
    publish(session, id_max);
    EXPECT_EQ(publish(session, 1), Verdict::violation);
}

// W-ID-07
TEST(ServerSessionIds, CancelNamesAnIdThatWasUsed) {
    ServerSession session = joined();
    session.judge(Call{1, {}, "p", {}});
    EXPECT_EQ(session.judge(Cancel{1, {}}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Cancel{1, {}}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Call{2, {}, "p", {}}), Verdict::dispatch) << "CANCEL takes no id";
    EXPECT_EQ(session.judge(Cancel{3, {}}), Verdict::violation);
    ServerSession fresh = joined();
    EXPECT_EQ(fresh.judge(Cancel{1, {}}), Verdict::violation);
}

// W-ID-07
TEST(ServerSessionIds, AnswersNameAnInvocationThatWasSent) {
    ServerSession session = joined();
    session.invoked(1);
    session.invoked(2);
    EXPECT_EQ(session.judge(Yield{2, {}, {}}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Yield{2, {}, {}}), Verdict::dispatch) << "late, not illegal";
    EXPECT_EQ(session.judge(Error{MessageType::invocation, 1, {}, "a", {}}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Yield{3, {}, {}}), Verdict::violation);
    ServerSession other = joined();
    other.invoked(1);
    EXPECT_EQ(other.judge(Error{MessageType::invocation, 2, {}, "a", {}}), Verdict::violation);
}

TEST(ServerSessionIds, InvocationsAreNumberedAnewInEachSession) {
    ServerSession session = joined();
    session.invoked(1);
    session.invoked(2);
    rejoin(session);
    EXPECT_EQ(session.judge(Yield{1, {}, {}}), Verdict::violation);
    ServerSession again = joined();
    again.invoked(1);
    rejoin(again);
    again.invoked(1);
    EXPECT_EQ(again.judge(Yield{1, {}, {}}), Verdict::dispatch);
    EXPECT_EQ(again.judge(Yield{2, {}, {}}), Verdict::violation);
}

TEST(ServerSessionIds, AnInvocationOfALinkMayBeOvertaken) {
    ServerSession session = joined();
    session.invoked(2);
    session.invoked(1);
    EXPECT_EQ(session.judge(Yield{2, {}, {}}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Yield{3, {}, {}}), Verdict::violation);
}

// W-ID-09
TEST(ServerSessionIds, RejoiningMayRestartOrContinueTheCounter) {
    const std::vector<std::pair<RequestId, Verdict>> cases{{1, Verdict::dispatch},
                                                           {4, Verdict::dispatch},
                                                           {3, Verdict::violation},
                                                           {5, Verdict::violation}};
    for (const auto& [first, verdict] : cases) {
        ServerSession session = joined();
        for (RequestId id = 1; id <= 3; ++id) publish(session, id);
        rejoin(session);
        EXPECT_EQ(publish(session, first), verdict) << first;
        if (verdict == Verdict::dispatch) {
            EXPECT_EQ(publish(session, first + 1), Verdict::dispatch);
        }
    }
    ServerSession session = joined();
    publish(session, 1);
    rejoin(session);
    publish(session, 1);
    EXPECT_EQ(publish(session, 1), Verdict::violation) << "only the first of a session may restart";
}

TEST(ServerSessionIds, RejoiningContinuesAfterWhatWasIgnored) {
    ServerSession session = joined();
    publish(session, 1);
    session.goodbye_sent();
    publish(session, 2);
    session.judge(Goodbye{{}, "wamp.close.goodbye_and_out"});
    session.judge(hello());
    session.welcomed(8);
    EXPECT_EQ(publish(session, 3), Verdict::dispatch);
}

TEST(ServerSessionIds, CancelOfAnEarlierSessionsCallIsNone) {
    ServerSession session = joined();
    session.judge(Call{1, {}, "p", {}});
    rejoin(session);
    EXPECT_EQ(session.judge(Cancel{1, {}}), Verdict::violation);
}

}  // namespace
}  // namespace sallyport::wamp
