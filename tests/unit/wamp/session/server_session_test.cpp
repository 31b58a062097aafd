#include "wamp/session/server_session.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "tests/unit/wamp/session/samples.h"

namespace sallyport::wamp {
namespace {

using State = ServerSession::State;
using Verdict = ServerSession::Verdict;
using test::hello;
using test::one_of_each;
using test::roles;

/// A session in that state, reached by legal steps; one invocation was sent where there is a
/// session.
ServerSession in_state(State state) {
    ServerSession session;
    if (state == State::closed) return session;
    session.judge(hello());
    if (state == State::authenticating) return session;
    if (state == State::challenging) {
        session.challenged();
        return session;
    }
    session.welcomed(7);
    session.invoked(1);
    if (state == State::shutting_down) session.goodbye_sent();
    if (state == State::failed) session.failed();
    return session;
}

/// One of each kind of message that can be in payload passthru mode; an invocation is open.
std::vector<Message> in_passthru_mode() {
    const Dict options{{"ppt_scheme", "x_own"}};
    return {Call{1, options, "a", {}}, Publish{1, options, "a", {}}, Yield{1, options, {}},
            Error{MessageType::invocation, 1, options, "a", {}}};
}

/// An established session of a client with all roles, of which one announces payload passthru mode.
ServerSession with_passthru(std::string_view announcing, ServerSession session = ServerSession()) {
    Dict details = roles({"caller", "callee", "publisher", "subscriber"});
    Dict& role = *details.find("roles")->get_if<Dict>()->find(announcing)->get_if<Dict>();
    role.append("features", Dict{{"payload_passthru_mode", true}});
    session.judge(hello(std::move(details)));
    session.welcomed(7);
    session.invoked(1);
    return session;
}

struct Outcome {
    Verdict verdict;
    State state;
};

using Row = std::map<MessageType, Outcome>;

constexpr Outcome closes{Verdict::close, State::failed};
constexpr Outcome violates{Verdict::violation, State::failed};
constexpr Outcome dispatches{Verdict::dispatch, State::established};

struct Expectation {
    State state;
    Row legal;  ///< what is not here has the outcome below
    Outcome otherwise;
};

/// The table of requirements: Session lifecycle. CANCEL stands alone here: no call has used its id.
const std::vector<Expectation>& table() {
    using T = MessageType;
    static const std::vector<Expectation> rows{
        {State::closed,
         {{T::hello, {Verdict::join, State::authenticating}}, {T::abort, closes}},
         violates},
        {State::authenticating, {{T::abort, closes}}, violates},
        {State::challenging,
         {{T::authenticate, {Verdict::authenticate, State::authenticating}}, {T::abort, closes}},
         violates},
        {State::established,
         {{T::abort, closes},
          {T::goodbye, {Verdict::goodbye, State::closed}},
          {T::publish, dispatches},
          {T::subscribe, dispatches},
          {T::unsubscribe, dispatches},
          {T::call, dispatches},
          {T::register_, dispatches},
          {T::unregister, dispatches},
          {T::yield, dispatches},
          {T::error, dispatches}},
         violates},
        {State::shutting_down,
         {{T::goodbye, {Verdict::ended, State::closed}}, {T::abort, closes}},
         {Verdict::ignore, State::shutting_down}},
        {State::failed, {}, {Verdict::ignore, State::failed}},
    };
    return rows;
}

TEST(ServerSession, EveryMessageInEveryStateHasItsVerdict) {
    std::set<MessageType> types;
    for (const Expectation& row : table()) {
        for (const Message& message : one_of_each()) {
            const MessageType type = type_of(message);
            types.insert(type);
            ServerSession session = in_state(row.state);
            ASSERT_EQ(session.state(), row.state);
            const auto legal = row.legal.find(type);
            const Outcome expected = legal != row.legal.end() ? legal->second : row.otherwise;
            EXPECT_EQ(session.judge(message), expected.verdict)
                << to_string(type) << " in state " << static_cast<int>(row.state);
            EXPECT_EQ(session.state(), expected.state)
                << to_string(type) << " in state " << static_cast<int>(row.state);
            EXPECT_EQ(session.why().empty(), expected.verdict != Verdict::violation);
        }
    }
    EXPECT_EQ(types.size(), std::variant_size_v<Message>);
}

TEST(ServerSession, NothingIsReadAfterAViolation) {
    for (const Message& message : one_of_each()) {
        ServerSession session;
        session.judge(Subscribe{1, {}, "a"});
        EXPECT_EQ(session.judge(message), Verdict::ignore) << to_string(type_of(message));
    }
}

// W-SES-02
TEST(ServerSession, HelloNeedsAClientRole) {
    for (const Dict& details : {Dict{}, Dict{{"roles", Dict{}}}, roles({"admin"}),
                                roles({"broker", "dealer"}), Dict{{"roles", "caller"}}}) {
        ServerSession session;
        EXPECT_EQ(session.judge(hello(details)), Verdict::violation);
    }
    for (const char* role : {"caller", "callee", "publisher", "subscriber"}) {
        ServerSession session;
        EXPECT_EQ(session.judge(hello(roles({role, "admin"}))), Verdict::join) << role;
    }
}

TEST(ServerSession, FeaturesAreThoseOfTheLastHello) {
    ServerSession session;
    session.judge(hello(roles({"caller"})));
    session.welcomed(7);
    EXPECT_TRUE(session.features().has(Feature::caller));
    session.judge(Goodbye{{}, "wamp.close.close_realm"});
    session.judge(hello(roles({"publisher"})));
    EXPECT_FALSE(session.features().has(Feature::caller));
    EXPECT_TRUE(session.features().has(Feature::publisher));
}

// W-AUT-02: several rounds are allowed, one AUTHENTICATE per CHALLENGE.
TEST(ServerSession, EachChallengeTakesOneAnswer) {
    ServerSession session;
    session.judge(hello());
    session.challenged();
    EXPECT_EQ(session.judge(Authenticate{"1", {}}), Verdict::authenticate);
    session.challenged();
    EXPECT_EQ(session.judge(Authenticate{"2", {}}), Verdict::authenticate);
    EXPECT_EQ(session.judge(Authenticate{"3", {}}), Verdict::violation);
}

// W-SES-16
TEST(ServerSession, OneTransportHostsSessionsInTurn) {
    ServerSession session = in_state(State::established);
    EXPECT_EQ(session.id(), 7u);
    EXPECT_EQ(session.judge(Goodbye{{}, "wamp.close.close_realm"}), Verdict::goodbye);
    EXPECT_EQ(session.judge(hello()), Verdict::join);
    session.welcomed(8);
    EXPECT_EQ(session.id(), 8u);
    EXPECT_EQ(session.judge(Publish{1, {}, "a", {}}), Verdict::dispatch);
}

// W-SUB-16: both sides say GOODBYE at once; what the client sent before is ignored, and nobody
// answers again.
TEST(ServerSession, GoodbyesThatCrossEndTheSessionOnce) {
    ServerSession session = in_state(State::established);
    session.goodbye_sent();
    EXPECT_EQ(session.judge(Publish{1, {}, "a", {}}), Verdict::ignore);
    EXPECT_EQ(session.judge(Subscribe{2, {}, "a..b"}), Verdict::ignore);
    EXPECT_EQ(session.judge(Goodbye{{}, "wamp.close.close_realm"}), Verdict::ended);
    EXPECT_EQ(session.judge(Goodbye{{}, "wamp.close.close_realm"}), Verdict::violation);
}

TEST(ServerSession, MessageAfterGoodbyeIsAViolation) {
    ServerSession session = in_state(State::established);
    session.judge(Goodbye{{}, "wamp.close.close_realm"});
    EXPECT_EQ(session.judge(Publish{1, {}, "a", {}}), Verdict::violation);
}

// W-MSG-05
TEST(ServerSession, ErrorOfAClientIsAboutAnInvocation) {
    for (const Message& about : one_of_each()) {
        ServerSession session = in_state(State::established);
        const MessageType type = type_of(about);
        EXPECT_EQ(session.judge(Error{type, 1, {}, "a.b", {}}),
                  type == MessageType::invocation ? Verdict::dispatch : Verdict::violation)
            << to_string(type);
    }
}

// W-URI-04
TEST(ServerSession, ErrorOfAClientHasAValidUri) {
    for (const char* uri : {"", "a..b", "a b", "a#b"}) {
        ServerSession session = in_state(State::established);
        EXPECT_EQ(session.judge(Error{MessageType::invocation, 1, {}, uri, {}}), Verdict::violation)
            << uri;
    }
}

// W-URI-04: a bad URI in a request is answered by an ERROR, which is not this machine's to say.
TEST(ServerSession, BadUriInARequestIsNoViolation) {
    ServerSession session = in_state(State::established);
    EXPECT_EQ(session.judge(Subscribe{1, {}, "a..b"}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Call{2, {}, "", {}}), Verdict::dispatch);
    EXPECT_EQ(session.judge(Goodbye{{}, "not a uri"}), Verdict::goodbye);
}

// W-PCI-03, W-PPT-02
TEST(ServerSession, UsingAFeatureThatWasNotAnnouncedIsAViolation) {
    const Dict progress{{"progress", true}};
    EXPECT_EQ(in_state(State::established).judge(Call{1, progress, "a", {}}), Verdict::violation);
    for (const Message& message : in_passthru_mode()) {
        EXPECT_EQ(in_state(State::established).judge(message), Verdict::violation)
            << to_string(type_of(message));
    }
    EXPECT_EQ(in_state(State::established).judge(Yield{1, progress, {}}), Verdict::dispatch);
    EXPECT_EQ(in_state(State::established).judge(Call{1, Dict{{"progress", false}}, "a", {}}),
              Verdict::dispatch);
}

// W-PPT-02: each role announces for itself.
TEST(ServerSession, PayloadPassthruModeIsOpenToTheRolesThatAnnouncedIt) {
    const std::array<std::string_view, 4> role_of{"caller", "publisher", "callee", "callee"};
    const std::vector<Message> messages = in_passthru_mode();
    for (std::size_t i = 0; i < messages.size(); ++i) {
        for (const std::string_view announcing : {"caller", "callee", "publisher", "subscriber"}) {
            ServerSession session = with_passthru(announcing);
            EXPECT_EQ(session.judge(messages[i]),
                      announcing == role_of[i] ? Verdict::dispatch : Verdict::violation)
                << to_string(type_of(messages[i])) << " " << announcing;
        }
    }
}

// W-PPT-02: nor may it be used where the router has not announced it.
TEST(ServerSession, PayloadPassthruModeIsClosedWhereTheRouterHasNotAnnouncedIt) {
    for (const Message& message : in_passthru_mode()) {
        for (const std::string_view announcing : {"caller", "callee", "publisher"}) {
            ServerSession session = with_passthru(announcing, ServerSession(IdRule::strict, false));
            EXPECT_EQ(session.judge(message), Verdict::violation) << to_string(type_of(message));
        }
    }
}

// W-PPT-01
TEST(ServerSession, AnEmptySchemeIsNotPayloadPassthruMode) {
    EXPECT_EQ(in_state(State::established).judge(Call{1, Dict{{"ppt_scheme", ""}}, "a", {}}),
              Verdict::dispatch);
}

}  // namespace
}  // namespace sallyport::wamp
