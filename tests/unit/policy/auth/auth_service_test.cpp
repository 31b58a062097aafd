#include "policy/auth/auth_service.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/logins.h"

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;
using logins::secret;
using Reason = auth_answer::Refused::Reason;

/// A service with alice in realm "r", and a door that may be broken.
class Service {
public:
    explicit Service(std::uint32_t iterations = 0)
        : service({realm(iterations)}, wamp::Random({1})) {}

    static AuthService::Realm realm(std::uint32_t iterations, bool dynamic = false) {
        wamp::Random random({9});
        Principals principals;
        principals.list.push_back(logins::everything("alice", "operator"));
        principals.list.back().ticket = crypto::hash_ticket(secret, iterations, random);
        AuthText auth;
        if (dynamic) {
            auth.dynamic.emplace().methods.add(Method::ticket);
            auth.dynamic->methods.add(Method::wampcra);
        }
        return {"r", Authenticator::make(auth, principals)};
    }
    std::optional<AuthAnswer> ask(decltype(AuthQuestion::body) body) {
        service.on_question(encode(AuthQuestion{++number, wamp::PeerId{7}, std::move(body)}), now,
                            out);
        return reply();
    }
    std::optional<AuthAnswer> reply() {
        std::optional<AuthAnswer> answer;
        for (auto& effect : std::exchange(out, {})) {
            if (auto* check = std::get_if<AuthService::Check>(&effect)) {
                checks.push_back(std::move(*check));
            } else {
                answer = decode_answer(std::get<AuthService::Reply>(effect).packet);
                EXPECT_TRUE(answer.has_value());
            }
        }
        return answer;
    }
    std::optional<AuthAnswer> open(Method method, const std::string& authid = "alice",
                                   const std::string& realm_name = "r") {
        auto request = std::get<JoinRequest>(
            read_request(logins::hello({}, authid, logins::extra_for(method)), method));
        request.realm = realm_name;
        return ask(auth_question::Open{request, 4711});
    }
    std::optional<AuthAnswer> prove(AttemptId attempt, const std::string& signature) {
        return ask(auth_question::Prove{attempt, {signature, "", true}});
    }
    AttemptId challenged(Method method) {
        return std::get<auth_answer::Challenge>(open(method)->body).attempt;
    }
    static std::string words(const std::optional<AuthAnswer>& answer) {
        if (!answer) return "nothing";
        if (const auto* admitted = std::get_if<auth_answer::Admitted>(&answer->body))
            return admitted->authid + "/" + admitted->role;
        if (std::holds_alternative<auth_answer::Challenge>(answer->body)) return "challenge";
        if (const auto* call = std::get_if<auth_answer::Call>(&answer->body))
            return call->hide_ticket ? "call, hidden" : "call";
        const auto& refused = std::get<auth_answer::Refused>(answer->body);
        return refused.reason == Reason::denied ? "denied" : "unavailable";
    }

    wamp::Instant now{1h};
    AuthService service;
    AuthService::Outbox out;
    std::vector<AuthService::Check> checks;
    std::uint64_t number = 0;
};

TEST(AuthService, AdmitsByEveryMethod) {
    for (const Method method : logins::with_secrets) {
        Service world;
        const auto answer = world.open(method);
        const auto& challenge = std::get<auth_answer::Challenge>(answer->body);
        const auto proof = read_proof(logins::answer_to(method, "alice", challenge.extra, secret));
        EXPECT_EQ(Service::words(world.ask(auth_question::Prove{challenge.attempt, proof})),
                  "alice/operator")
            << to_string(method);
        EXPECT_EQ(world.service.attempts(), 0U);
    }
}

TEST(AuthService, RepeatsTheNumberAndThePeer) {
    Service world;
    world.number = 41;
    const auto answer = world.open(Method::ticket);
    EXPECT_EQ(answer->number, 42U);
    EXPECT_EQ(answer->peer, wamp::PeerId{7});
}

TEST(AuthService, AChallengeIsGoodForOneAnswer) {  // W-AUT-05
    Service world;
    const AttemptId attempt = world.challenged(Method::ticket);
    EXPECT_EQ(Service::words(world.prove(attempt, "wrong")), "denied");
    EXPECT_EQ(Service::words(world.prove(attempt, secret)), "unavailable")
        << "whatever a door does";
    EXPECT_EQ(Service::words(world.prove(0, secret)), "unavailable");
    EXPECT_EQ(Service::words(world.prove(attempt + 1, secret)), "unavailable");
}

TEST(AuthService, AStepIsTakenInItsTurn) {
    Service world;
    const AttemptId attempt = world.challenged(Method::wampcra);
    // No answer of a procedure admits somebody who was to answer a challenge.
    const auto mallory = std::make_shared<Credentials>(logins::everything("mallory", "operator"));
    EXPECT_EQ(Service::words(world.ask(auth_question::Resume{attempt, mallory})), "unavailable");
    world.service.reload({Service::realm(0, true)});
    const auto call = world.open(Method::wampcra, "joe");
    ASSERT_EQ(Service::words(call), "call");
    const AttemptId called = std::get<auth_answer::Call>(call->body).attempt;
    EXPECT_EQ(Service::words(world.prove(called, "x")), "unavailable");
}

TEST(AuthService, AProcedureIsNotBelievedAboutWhoIsInTheFile) {
    Service world;
    world.service.reload({Service::realm(0, true)});
    const auto call = world.open(Method::wampcra, "alice");
    ASSERT_EQ(Service::words(call), "call");
    Credentials mine = logins::everything("alice", "admin");
    mine.wampcra = CraCredential{"known", "", 0, 0};
    const auto answer = world.ask(auth_question::Resume{
        std::get<auth_answer::Call>(call->body).attempt, std::make_shared<Credentials>(mine)});
    const auto& challenge = std::get<auth_answer::Challenge>(answer->body);
    EXPECT_EQ(
        Service::words(world.prove(
            challenge.attempt, crypto::sign_cra("known", challenge.extra.get_string("challenge")))),
        "denied");
}

TEST(AuthService, CredentialsWithoutTheMethodAreNone) {
    Service world;
    world.service.reload({Service::realm(0, true)});
    const auto call = world.open(Method::wampcra, "joe");
    Credentials joe;
    joe.authid = "joe";
    joe.role = "guest";
    const auto answer = world.ask(auth_question::Resume{
        std::get<auth_answer::Call>(call->body).attempt, std::make_shared<Credentials>(joe)});
    EXPECT_EQ(Service::words(answer), "challenge") << "as for everybody";
}

TEST(AuthService, HidesTheTicketOfWhoIsInTheFile) {
    Service world;
    world.service.reload({Service::realm(0, true)});
    const auto ask = [&](const std::string& authid) {
        const auto opened = world.open(Method::ticket, authid);
        return Service::words(
            world.prove(std::get<auth_answer::Challenge>(opened->body).attempt, "guess"));
    };
    EXPECT_EQ(ask("alice"), "call, hidden");
    EXPECT_EQ(ask("joe"), "call");
}

TEST(AuthService, DropsWhatIsNoQuestion) {
    Service world;
    for (const std::string& packet :
         {std::string(), std::string("x"), std::string(100, '\0'),
          encode(AuthAnswer{1, wamp::PeerId{1}, auth_answer::Call{1, true}})}) {
        world.service.on_question(packet, world.now, world.out);
        EXPECT_TRUE(world.out.empty());
    }
    EXPECT_EQ(world.service.counts().malformed, 4U);
    EXPECT_EQ(world.service.counts().questions, 0U);
}

TEST(AuthService, DeniesUnknownRealmsAndMethods) {
    Service world;
    EXPECT_EQ(Service::words(world.open(Method::ticket, "alice", "other")), "denied");
    EXPECT_EQ(Service::words(world.open(Method::anonymous)), "denied");
}

TEST(AuthService, HoldsABoundedNumberOfAttempts) {
    Service world;
    const AttemptId first = world.challenged(Method::ticket);
    const AttemptId second = world.challenged(Method::ticket);
    while (world.service.attempts() < AuthService::attempts_max) world.challenged(Method::ticket);
    world.challenged(Method::ticket);
    EXPECT_EQ(world.service.attempts(), AuthService::attempts_max);
    EXPECT_EQ(Service::words(world.prove(first, secret)), "unavailable") << "the oldest has gone";
    EXPECT_EQ(Service::words(world.prove(second, secret)), "alice/operator");
}

TEST(AuthService, ForgetsAttemptsAfterAWhile) {
    Service world;
    const AttemptId attempt = world.challenged(Method::ticket);
    world.now += AuthService::attempt_timeout - 1ms;
    const AttemptId other = world.challenged(Method::ticket);
    world.now += 1ms;
    EXPECT_EQ(Service::words(world.prove(attempt, secret)), "unavailable");
    EXPECT_EQ(Service::words(world.prove(other, secret)), "alice/operator");
}

TEST(AuthService, ChecksChosenTicketsElsewhereAndFewOfThem) {
    Service world(10);
    for (std::size_t i = 0; i < AuthService::checks_max; ++i)
        EXPECT_EQ(Service::words(world.prove(world.challenged(Method::ticket), secret)), "nothing");
    EXPECT_EQ(Service::words(world.prove(world.challenged(Method::ticket), secret)), "unavailable");
    ASSERT_EQ(world.checks.size(), AuthService::checks_max);
    const auto check = world.checks.front();
    world.service.on_checked(check.id, check.run(), world.now, world.out);
    EXPECT_EQ(Service::words(world.reply()), "alice/operator");
    world.service.on_checked(check.id, true, world.now, world.out);
    EXPECT_EQ(Service::words(world.reply()), "nothing") << "one result is good once";
    world.service.on_door_lost();
    world.service.on_checked(world.checks.back().id, true, world.now, world.out);
    EXPECT_EQ(Service::words(world.reply()), "nothing") << "the door that asked has gone";
}

TEST(AuthService, AnAttemptEndsWithTheVersionThatItBeganWith) {
    Service world;
    const AttemptId attempt = world.challenged(Method::ticket);
    world.service.reload({});
    EXPECT_EQ(Service::words(world.open(Method::ticket)), "denied");
    EXPECT_EQ(Service::words(world.prove(attempt, secret)), "alice/operator");
}

TEST(AuthService, FailuresCostTheDoorItsTime) {
    Service world;
    const wamp::Instant before = world.now;
    std::size_t guesses = 0;
    while (world.service.ready_at() <= world.now) {
        world.prove(world.challenged(Method::ticket), "guess " + std::to_string(guesses++));
    }
    EXPECT_GT(guesses, 300U) << "a burst";
    EXPECT_LT(guesses, 450U);
    EXPECT_EQ(world.service.counts().failures, guesses);
    const std::size_t burst = guesses;
    for (; world.now < before + 10s; world.now = std::max(world.now, world.service.ready_at()))
        world.prove(world.challenged(Method::ticket), "guess " + std::to_string(guesses++));
    EXPECT_LT(guesses - burst, 4'100U) << "400 in a second";
    // Who has the secret passes faster.
    Service other;
    std::size_t right = 0;
    while (other.service.ready_at() <= other.now) {
        other.prove(other.challenged(Method::ticket), secret);
        ++right;
    }
    EXPECT_GT(right, 1'000U);
}

}  // namespace
}  // namespace sallyport::policy
