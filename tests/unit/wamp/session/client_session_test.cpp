#include "wamp/session/client_session.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/unit/wamp/session/samples.h"
#include "wamp/message/uris.h"

namespace sallyport::wamp {
namespace {

using State = ClientSession::State;
using Verdict = ClientSession::Verdict;
using test::one_of_each;
using test::roles;

ClientSession::Config ticket_config() {
    ClientSession::Config config;
    config.realm = "realm1";
    config.authid = "alice";
    config.authmethod = "ticket";
    config.ticket = "secret";
    return config;
}

ClientSession::Config anonymous_config() {
    ClientSession::Config config;
    config.realm = "realm1";
    return config;
}

ClientSession in_state(State state, ClientSession::Config config = ticket_config()) {
    ClientSession session(std::move(config));
    if (state == State::closed) return session;
    session.hello();
    if (state == State::joining) return session;
    session.judge(Welcome{7, roles({"broker", "dealer"})});
    if (state == State::established) return session;
    session.leave(uris::close_realm);
    if (state == State::leaving) return session;
    session.judge(Goodbye{{}, std::string(uris::goodbye_and_out)});
    return session;
}

struct Outcome {
    Verdict verdict;
    State state;
};
struct Expectation {
    State state;
    std::map<MessageType, Outcome> legal;
    Outcome otherwise;
};

constexpr Outcome violates{Verdict::violation, State::ended};
constexpr Outcome aborts{Verdict::aborted, State::ended};
constexpr Outcome dispatches{Verdict::dispatch, State::established};

const std::vector<Expectation>& table() {
    using T = MessageType;
    static const std::vector<Expectation> rows{
        {State::closed, {}, violates},
        {State::joining,
         {{T::welcome, {Verdict::joined, State::established}},
          {T::challenge, {Verdict::send, State::joining}},
          {T::abort, aborts}},
         violates},
        {State::established,
         {{T::abort, aborts},
          {T::goodbye, {Verdict::send, State::ended}},
          {T::published, dispatches},
          {T::subscribed, dispatches},
          {T::unsubscribed, dispatches},
          {T::event, dispatches},
          {T::result, dispatches},
          {T::registered, dispatches},
          {T::unregistered, dispatches},
          {T::invocation, dispatches},
          {T::interrupt, dispatches}},
         violates},
        {State::leaving,
         {{T::abort, aborts}, {T::goodbye, {Verdict::ended, State::ended}}},
         {Verdict::ignore, State::leaving}},
        {State::ended, {}, {Verdict::ignore, State::ended}},
    };
    return rows;
}

// The sample ERROR is about an invocation, which a router never says: ErrorsAreAboutRequests has
// the others.
TEST(ClientSession, EveryMessageInEveryStateHasItsVerdict) {
    std::set<MessageType> types;
    for (const Expectation& row : table()) {
        for (const Message& message : one_of_each()) {
            const MessageType type = type_of(message);
            types.insert(type);
            ClientSession session = in_state(row.state);
            ASSERT_EQ(session.state(), row.state);
            const auto legal = row.legal.find(type);
            const Outcome expected = legal != row.legal.end() ? legal->second : row.otherwise;
            EXPECT_EQ(session.judge(message), expected.verdict)
                << to_string(type) << " in state " << static_cast<int>(row.state);
            EXPECT_EQ(session.state(), expected.state)
                << to_string(type) << " in state " << static_cast<int>(row.state);
        }
    }
    EXPECT_EQ(types.size(), std::variant_size_v<Message>);
}

TEST(ClientSession, HelloSaysWhatTheConfigurationHolds) {
    ClientSession::Config config = ticket_config();
    config.agent = "agent";
    config.authextra = Dict{{"key", "value"}};
    const Hello hello = ClientSession(config).hello();
    EXPECT_EQ(hello.realm, "realm1");
    EXPECT_EQ(hello.details.get_string("authid"), "alice");
    EXPECT_EQ(hello.details.get_string("agent"), "agent");
    EXPECT_EQ(*hello.details.get_dict("authextra"), (Dict{{"key", "value"}}));
    EXPECT_EQ(*hello.details.get_list("authmethods"), List{"ticket"});
    EXPECT_EQ(*hello.details.get_dict("roles"), client_roles());
}

/// Answers one challenge, and demands a proof of the router.
class StubLogin final : public ClientLogin {
public:
    std::string_view method() const noexcept override { return "stub"; }
    Dict begin() override { return {{"attempt", std::uint64_t{++attempts_}}}; }
    std::optional<Authenticate> answer(const Challenge& challenge) override {
        if (challenge.extra.empty()) return std::nullopt;
        return Authenticate{"answer", {}};
    }
    bool accepts(const Welcome& welcome) const override {
        return welcome.details.get_bool("proof", false);
    }

private:
    unsigned attempts_ = 0;
};

ClientSession with_login() {
    ClientSession::Config config = anonymous_config();
    config.login = std::make_shared<StubLogin>();
    return ClientSession(std::move(config));
}

TEST(ClientSession, LogsInByItsMethodAndDemandsTheProofOfTheRouter) {
    ClientSession session = with_login();
    for (const std::uint64_t attempt : {1U, 2U}) {
        const Hello hello = session.hello();
        EXPECT_EQ(*hello.details.get_list("authmethods"), List{"stub"});
        EXPECT_EQ(*hello.details.get_dict("authextra"), (Dict{{"attempt", attempt}}));
        EXPECT_EQ(session.judge(Challenge{"stub", {{"nonce", "1"}}}), Verdict::send);
        EXPECT_EQ(std::get<Authenticate>(session.take_reply()).signature, "answer");
        Dict details = roles({"broker", "dealer"});
        if (attempt == 2) details.set("proof", true);
        EXPECT_EQ(session.judge(Welcome{7, std::move(details)}),
                  attempt == 1 ? Verdict::violation : Verdict::joined);
    }
}

TEST(ClientSession, AnswersNoOtherChallengeAndNoneTwice) {
    ClientSession other = with_login();
    other.hello();
    EXPECT_EQ(other.judge(Challenge{"ticket", {{"nonce", "1"}}}), Verdict::violation);
    ClientSession empty = with_login();
    empty.hello();
    EXPECT_EQ(empty.judge(Challenge{"stub", {}}), Verdict::violation);
    ClientSession twice = with_login();
    twice.hello();
    EXPECT_EQ(twice.judge(Challenge{"stub", {{"nonce", "1"}}}), Verdict::send);
    twice.take_reply();
    EXPECT_EQ(twice.judge(Challenge{"stub", {{"nonce", "1"}}}), Verdict::violation);
}

TEST(ClientSession, HelloAnnouncesPayloadPassthruModeWhereItIsHandedOn) {
    ClientSession::Config config = ticket_config();
    config.passthru = true;
    EXPECT_EQ(*ClientSession(config).hello().details.get_dict("roles"), client_roles(true));
}

TEST(ClientSession, HelloLeavesOutWhatIsEmptyAndNeverHoldsTheTicket) {
    ClientSession::Config config = anonymous_config();
    config.ticket = "secret";
    const Hello hello = ClientSession(config).hello();
    EXPECT_EQ(hello.details.size(), 2u);
    EXPECT_EQ(*hello.details.get_list("authmethods"), List{"anonymous"});
    EXPECT_NE(hello.details.find("roles"), nullptr);
}

TEST(ClientSession, TicketChallengeIsAnsweredWithTheTicket) {
    ClientSession session = in_state(State::joining);
    ASSERT_EQ(session.judge(Challenge{"ticket", {}}), Verdict::send);
    EXPECT_EQ(std::get<Authenticate>(session.take_reply()).signature, "secret");
    EXPECT_EQ(session.judge(Welcome{7, roles({"dealer"})}), Verdict::joined);
}

// The secret goes out once, and only for the method that was offered.
TEST(ClientSession, OtherChallengesGetNoSecret) {
    EXPECT_EQ(in_state(State::joining).judge(Challenge{"wampcra", {}}), Verdict::violation);
    EXPECT_EQ(in_state(State::joining, anonymous_config()).judge(Challenge{"ticket", {}}),
              Verdict::violation);
    ClientSession twice = in_state(State::joining);
    twice.judge(Challenge{"ticket", {}});
    EXPECT_EQ(twice.judge(Challenge{"ticket", {}}), Verdict::violation);
}

// W-SES-04
TEST(ClientSession, WelcomeNeedsARouterRoleAndAnId) {
    EXPECT_EQ(in_state(State::joining).judge(Welcome{7, {}}), Verdict::violation);
    EXPECT_EQ(in_state(State::joining).judge(Welcome{7, roles({"caller"})}), Verdict::violation);
    EXPECT_EQ(in_state(State::joining).judge(Welcome{0, roles({"dealer"})}), Verdict::violation);
    EXPECT_EQ(in_state(State::joining).judge(Welcome{id_max + 1, roles({"dealer"})}),
              Verdict::violation);
    EXPECT_EQ(in_state(State::joining).judge(Welcome{id_max, roles({"broker"})}), Verdict::joined);
}

TEST(ClientSession, WelcomeTellsIdDetailsAndFeatures) {
    ClientSession session = in_state(State::joining);
    Dict details{{"roles", router_roles()}, {"authid", "alice"}};
    session.judge(Welcome{7, details});
    EXPECT_EQ(session.id(), 7u);
    EXPECT_EQ(session.welcome(), details);
    EXPECT_TRUE(session.router_features().has(Feature::dealer_call_canceling));
}

TEST(ClientSession, GoodbyeOfTheRouterIsAnsweredOnce) {
    ClientSession session = in_state(State::established);
    ASSERT_EQ(session.judge(Goodbye{{}, std::string(uris::system_shutdown)}), Verdict::send);
    EXPECT_EQ(std::get<Goodbye>(session.take_reply()).reason, uris::goodbye_and_out);
    EXPECT_EQ(session.reason(), uris::system_shutdown);
    EXPECT_EQ(session.judge(Goodbye{{}, "a.b"}), Verdict::ignore);
}

// W-SES-07, W-IOP-06: whatever its reason, it answers ours; we do not answer again.
TEST(ClientSession, GoodbyesThatCrossEndTheSessionOnce) {
    ClientSession session = in_state(State::leaving);
    EXPECT_EQ(session.judge(Event{1, 2, {}, {}}), Verdict::ignore);
    EXPECT_EQ(session.judge(Goodbye{{}, "wamp.close.normal"}), Verdict::ended);
    EXPECT_EQ(session.reason(), "wamp.close.normal");
}

// W-SSM-03, W-MSG-13: what the router wrote for people.
TEST(ClientSession, GoodbyeAndAbortTellTheirMessage) {
    const Dict details{{"message", "back at noon"}};
    ClientSession session = in_state(State::established);
    session.judge(Goodbye{details, std::string(uris::killed)});
    EXPECT_EQ(session.reason(), uris::killed);
    EXPECT_EQ(session.message(), "back at noon");
    ClientSession leaving = in_state(State::leaving);
    leaving.judge(Goodbye{details, "wamp.close.normal"});
    EXPECT_EQ(leaving.message(), "back at noon");
    ClientSession refused = in_state(State::joining);
    refused.judge(Abort{details, std::string(uris::no_such_realm), {}});
    EXPECT_EQ(refused.message(), "back at noon");
    ClientSession silent = in_state(State::established);
    silent.judge(Goodbye{{}, std::string(uris::killed)});
    EXPECT_EQ(silent.message(), "");
}

TEST(ClientSession, LeaveSaysTheReason) {
    ClientSession session = in_state(State::established);
    EXPECT_EQ(session.leave(uris::close_realm).reason, uris::close_realm);
}

TEST(ClientSession, AbortTellsItsReason) {
    ClientSession session = in_state(State::joining);
    EXPECT_EQ(session.judge(Abort{{}, std::string(uris::no_such_realm), {}}), Verdict::aborted);
    EXPECT_EQ(session.reason(), uris::no_such_realm);
}

// W-MSG-05
TEST(ClientSession, ErrorsAreAboutRequests) {
    const std::set<MessageType> refusable{MessageType::publish,     MessageType::subscribe,
                                          MessageType::unsubscribe, MessageType::call,
                                          MessageType::register_,   MessageType::unregister};
    for (const Message& about : one_of_each()) {
        const MessageType type = type_of(about);
        const bool ignored = type == MessageType::cancel || type == MessageType::yield;  // W-PPT-02
        const Verdict expected = refusable.contains(type) ? Verdict::dispatch
                                 : ignored                ? Verdict::ignore
                                                          : Verdict::violation;
        EXPECT_EQ(in_state(State::established).judge(Error{type, 1, {}, "a.b", {}}), expected)
            << to_string(type);
    }
}

TEST(ClientSession, ErrorsHaveAValidUri) {
    EXPECT_EQ(in_state(State::established).judge(Error{MessageType::call, 1, {}, "a..b", {}}),
              Verdict::violation);
}

TEST(ClientSession, RevocationsAreDispatched) {
    EXPECT_EQ(in_state(State::established).judge(Unregistered{0, Dict{{"registration", 3}}}),
              Verdict::dispatch);
    EXPECT_EQ(in_state(State::established).judge(Unsubscribed{0, Dict{{"subscription", 3}}}),
              Verdict::dispatch);
}

TEST(ClientSession, RequestsCountFromOneInEachSession) {
    ClientSession session = in_state(State::established);
    EXPECT_EQ(session.next_request(), 1u);
    EXPECT_EQ(session.next_request(), 2u);
    session.judge(Goodbye{{}, std::string(uris::system_shutdown)});
    session.hello();
    EXPECT_EQ(session.state(), State::joining);
    session.judge(Welcome{8, roles({"dealer"})});
    EXPECT_EQ(session.id(), 8u);
    EXPECT_EQ(session.next_request(), 1u);
}

}  // namespace
}  // namespace sallyport::wamp
