// How a peer of a door becomes a session, and how often it may try.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/policy/logins.h"
#include "tests/unit/policy/wires.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

using logins::answer_to;
using logins::extra_for;
using logins::secret;
using logins::with_secrets;

/// A door before a realm whose principal alice may use every method.
class Joining {
public:
    explicit Joining(DoorLimits limits = {}, std::uint32_t iterations = 0)
        : door({realm(iterations)}, limits, wamp::Random({7})),
          authenticator({realm(iterations).secret()}) {
        authenticator.defers = true;
    }

    /// `iterations`: of a ticket that alice has chosen; 0: it was drawn.
    static TestRealm realm(std::uint32_t iterations) {
        TestRealm made = door_realm(door_policy);
        AuthText auth;
        auth.failures = {3, 1min};
        auth.anonymous_role = "guest";
        Principals principals;
        principals.list.push_back(logins::everything("alice", "operator"));
        wamp::Random random({9});
        principals.list.back().ticket = crypto::hash_ticket(secret, iterations, random);
        made.terms = JoinTerms::make(auth, Roster::of(principals, "principals"));
        made.authenticator = Authenticator::make(auth, principals);
        return made;
    }
    void open(std::uint64_t id, std::uint64_t circuit = 0, std::uint64_t address = 0) {
        Transport transport = wires.open(id);
        transport.circuit = circuit;
        transport.address = address;
        door.on_open(peer(id), transport, Door::Trust::client, now, wires.out);
    }
    /// The lines that the message brings.
    Lines send(std::uint64_t id, const wamp::Message& message) {
        const auto frame = wamp::encode(wamp::Serializer::json, message);
        const std::string bytes(frame.message());
        door.on_message(peer(id), bytes, now, wires.out);
        return settled();
    }
    /// With a line for each check that the answers bring.
    Lines settled() {
        const std::size_t before = works().size();
        authenticator.answer(door, now, wires.out);
        Lines lines = wires.take();
        lines.insert(lines.end(), works().size() - before, "work");
        return lines;
    }
    Lines hello(std::uint64_t id, Method method, const std::string& authid) {
        wamp::Hello message =
            logins::hello({std::string(to_string(method))}, authid, extra_for(method));
        message.realm = "lab";
        message.details.set("roles", wamp::Dict{{"caller", wamp::Dict{}}});
        return send(id, message);
    }
    /// The extra of the CHALLENGE in a line `1 [4,"method",{...}]`.
    static wamp::Dict challenge_in(const std::string& line) {
        const auto value =
            wamp::decode_value(wamp::Serializer::json, line.substr(line.find('[')), {});
        return *(*value->get_if<wamp::List>())[2].get_if<wamp::Dict>();
    }
    Lines login(std::uint64_t id, Method method, const std::string& authid,
                const std::string& password, const crypto::SigningSeed& own = logins::seed) {
        const Lines lines = hello(id, method, authid);
        if (lines.size() != 1) return lines;
        return send(id, answer_to(method, authid, challenge_in(lines[0]), password, own));
    }
    Lines attempt(std::uint64_t id, std::uint64_t circuit, const std::string& authid,
                  const std::string& password) {
        open(id, circuit);
        return login(id, Method::ticket, authid, password);
    }

    /// All that was asked to be run.
    std::vector<AuthService::Check>& works() { return authenticator.checks; }
    /// The lines that the end of a check brings.
    Lines done(const AuthService::Check& done_work) {
        const AuthService::Check work = done_work;  // more may come
        const std::size_t before = works().size();
        authenticator.checked(door, work, now, wires.out);
        Lines lines = wires.take();
        lines.insert(lines.end(), works().size() - before, "work");
        return lines;
    }

    Wires wires;
    wamp::Instant now{std::chrono::hours(1)};
    Door door;
    DoorAuthenticator authenticator;
};

constexpr std::string_view denied = R"([3,{},"wamp.error.authentication_denied"])";

Lines refused(std::uint64_t id) {
    return {std::to_string(id) + " " + std::string(denied), std::to_string(id) + " closed"};
}

TEST(Join, WelcomesByEveryMethod) {
    Joining world;
    std::uint64_t id = 0;
    for (const Method method : with_secrets) {
        world.open(++id);
        EXPECT_EQ(world.login(id, method, "alice", secret),
                  Lines{std::to_string(id) + " WELCOME operator " + std::string(to_string(method)) +
                        " lab"});
        const wamp::Dict& details = world.wires.welcome(id).details;
        EXPECT_EQ(details.get_string("authid"), "alice");  // W-AUT-03
        EXPECT_EQ(details.get_string("authprovider"), "static");
        const bool scram = method == Method::wamp_scram || method == Method::scram;
        EXPECT_EQ(details.get_dict("authextra") != nullptr, scram);
    }
}

TEST(Join, ShowsTheSessionOfTheChallengeInWelcome) {  // W-AUT-W3
    Joining world;
    world.open(1);
    const Lines lines = world.hello(1, Method::wampcra, "alice");
    const auto challenge = Joining::challenge_in(lines.at(0));
    const auto said =
        wamp::decode_value(wamp::Serializer::json, challenge.get_string("challenge"), {});
    const auto session = said->get_if<wamp::Dict>()->get_uint("session", 0);
    EXPECT_EQ(world.send(1, answer_to(Method::wampcra, "alice", challenge, secret)).size(), 1U);
    EXPECT_EQ(world.wires.session(1), session);
    EXPECT_NE(session, 0U);
    // Another session on the same transport has another id (W-SES-16).
    world.send(1, wamp::Goodbye{{}, "wamp.close.normal"});
    world.login(1, Method::wampcra, "alice", secret);
    EXPECT_NE(world.wires.session(1), session);
}

TEST(Join, GivesStrangersAndWrongSecretsTheSameBytes) {  // W-AUT-04
    std::uint64_t id = 0;
    for (const Method method : with_secrets) {
        Joining world;
        world.open(++id);
        EXPECT_EQ(world.login(id, method, "alice", "wrong", crypto::SigningSeed{66}), refused(id));
        world.open(++id);
        EXPECT_EQ(world.login(id, method, "mallory", "wrong", crypto::SigningSeed{66}),
                  refused(id));
    }
}

TEST(Join, TakesOneAnswerForOneChallenge) {  // W-AUT-05
    Joining world;
    world.open(1);
    const Lines lines = world.hello(1, Method::wampcra, "alice");
    const auto answer =
        answer_to(Method::wampcra, "alice", Joining::challenge_in(lines.at(0)), secret);
    EXPECT_EQ(world.send(1, wamp::Authenticate{"wrong", {}}), refused(1));
    EXPECT_EQ(world.send(1, answer), Lines{});
    // On another connection it is an answer to nothing.
    world.open(2);
    EXPECT_EQ(world.send(2, answer), (Lines{"2 " + std::string(violated), "2 closed"}));
    world.open(3);
    world.hello(3, Method::wampcra, "alice");
    EXPECT_EQ(world.send(3, answer), refused(3));
}

TEST(Join, LetsACircuitThatGuessesWaitLongerAndLonger) {  // W-AUT-04
    Joining world;
    EXPECT_EQ(world.attempt(1, 7, "alice", "wrong"), refused(1));
    EXPECT_EQ(world.attempt(2, 7, "mallory", "wrong"), refused(2));
    EXPECT_EQ(world.attempt(3, 7, "bob", "wrong"), refused(3));
    // Refused before a challenge, whoever it is.
    world.open(4, 7);
    EXPECT_EQ(world.hello(4, Method::ticket, "alice"), refused(4));
    EXPECT_EQ(world.attempt(5, 8, "alice", secret), Lines{"5 WELCOME operator ticket lab"});
    std::uint64_t id = 10;
    for (const auto wait : {1min, 2min, 4min, 8min}) {
        world.now += wait - 1ns;
        world.open(++id, 7);
        EXPECT_EQ(world.hello(id, Method::wampcra, "alice"), refused(id));
        world.now += 1ns;
        ++id;
        EXPECT_EQ(world.attempt(id, 7, "alice", "wrong"), refused(id));
    }
    EXPECT_EQ(world.door.joining().failures().failed(), 7U);
    EXPECT_EQ(world.door.joining().failures().waits(), 5U);
    EXPECT_EQ(world.door.joining().refused_waiting(), 5U);
    world.now += 15min;
    EXPECT_EQ(world.attempt(100, 7, "alice", secret), Lines{"100 WELCOME operator ticket lab"});
}

TEST(Join, ASuccessInBetweenDoesNotFreeAGuesser) {
    Joining world;
    world.attempt(1, 7, "alice", "wrong");
    world.attempt(2, 7, "alice", "wrong");
    EXPECT_EQ(world.attempt(3, 7, "alice", secret), Lines{"3 WELCOME operator ticket lab"});
    world.attempt(4, 7, "alice", "wrong");
    EXPECT_EQ(world.attempt(5, 7, "alice", secret), refused(5));
}

TEST(Join, LetsNobodyWaitForGuessesAtTheirName) {  // W-AUT-04
    Joining world;
    std::uint64_t id = 0;
    for (std::uint64_t circuit = 100; circuit < 400; ++circuit) {
        for (const Method method : with_secrets) {
            world.open(++id, circuit);
            world.login(id, method, "alice", "wrong", crypto::SigningSeed{66});
        }
    }
    for (const Method method : with_secrets) {
        world.open(++id, 7);
        EXPECT_EQ(
            world.login(id, method, "alice", secret).at(0),
            std::to_string(id) + " WELCOME operator " + std::string(to_string(method)) + " lab");
    }
}

TEST(Join, NeverLetsAKeyOrAGuestWait) {
    Joining world;
    for (std::uint64_t id = 1; id <= 20; ++id) {
        world.open(id, 7);
        world.login(id, Method::cryptosign, "alice", "", crypto::SigningSeed{66});
    }
    EXPECT_EQ(world.door.joining().failures().failed(), 0U);
    for (std::uint64_t id = 31; id <= 33; ++id) world.attempt(id, 7, "alice", "wrong");
    EXPECT_EQ(world.attempt(40, 7, "alice", secret), refused(40));
    world.open(41, 7);
    EXPECT_EQ(world.login(41, Method::cryptosign, "alice", ""),
              Lines{"41 WELCOME operator cryptosign lab"});
    world.open(42, 7);
    EXPECT_EQ(world.hello(42, Method::anonymous, ""), Lines{"42 WELCOME guest anonymous lab"});
}

TEST(Join, CountsTheAddressWhereThereIsNoCircuit) {
    Joining world;
    for (std::uint64_t id = 1; id <= 4; ++id) {
        world.open(id, 0, 55);
        EXPECT_EQ(world.login(id, Method::ticket, "alice", "wrong"), refused(id));
    }
    world.open(5, 0, 55);
    EXPECT_EQ(world.login(5, Method::ticket, "alice", secret), refused(5));
    world.open(6, 0, 56);
    EXPECT_EQ(world.login(6, Method::ticket, "alice", secret),
              Lines{"6 WELCOME operator ticket lab"});
    // Unix sockets have neither.
    for (std::uint64_t id = 11; id <= 20; ++id) world.attempt(id, 0, "alice", "wrong");
    EXPECT_EQ(world.attempt(21, 0, "alice", secret), Lines{"21 WELCOME operator ticket lab"});
}

TEST(Join, DoesNoWorkForAnAnswerOfACircuitThatWaits) {
    Joining world({}, 10);
    world.open(1, 7);
    ASSERT_EQ(world.hello(1, Method::ticket, "alice").size(), 1U);
    for (std::uint64_t id = 2; id <= 4; ++id) {
        world.attempt(id, 7, "x", "wrong");
        world.done(world.works().back());
    }
    EXPECT_EQ(world.send(1, wamp::Authenticate{secret, {}}), refused(1)) << "no work";
}

TEST(Join, TellsTheOperatorOnceInAWhileThatCircuitsWait) {
    Joining world;
    std::uint64_t id = 0;
    for (std::uint64_t circuit = 1; circuit <= 50; ++circuit) {
        for (int i = 0; i < 3; ++i) world.attempt(++id, circuit, "alice", "wrong");
    }
    EXPECT_EQ(world.wires.notes(),
              "guessed secrets: 3 attempts to join have failed so far; a source of them has to "
              "wait for 60 s, circuit 1\n");
    world.now += 10s;
    for (int i = 0; i < 3; ++i) world.attempt(++id, 99, "alice", "wrong");
    EXPECT_EQ(std::count(world.wires.notes().begin(), world.wires.notes().end(), '\n'), 2);
}

// A guess at a chosen ticket costs some hundredths of a second, in which others must be served.
TEST(Join, ChecksChosenTicketsElsewhereWhileTheOthersGoOn) {
    Joining world({}, 10);
    EXPECT_EQ(world.attempt(1, 7, "alice", "wrong"), Lines{"work"});
    EXPECT_EQ(world.attempt(2, 8, "nobody", "wrong"), Lines{"work"}) << "the same for nobody";
    EXPECT_EQ(world.attempt(3, 9, "alice", secret), Lines{}) << "it waits for its turn";
    const auto works = world.works();
    Lines due = refused(1);
    due.insert(due.begin(), "work");
    std::sort(due.begin(), due.end());
    Lines got = world.done(works.at(0));
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, due);
    EXPECT_EQ(world.done(world.works().at(2)), Lines{"3 WELCOME operator ticket lab"});
    EXPECT_EQ(world.done(works.at(1)), refused(2));
    EXPECT_EQ(world.done(works.at(0)), Lines{}) << "one answer is good once";
}

TEST(Join, ForgetsTheChecksOfThoseWhoHaveGone) {
    Joining world({}, 10);
    world.attempt(1, 7, "alice", secret);
    world.attempt(2, 7, "alice", secret);
    world.attempt(3, 7, "alice", secret);  // waits
    const auto works = world.works();
    ASSERT_EQ(works.size(), 2U);
    world.door.on_closed(peer(1), "gone");
    world.door.on_closed(peer(3), "gone");
    EXPECT_EQ(world.done(works.at(0)), Lines{});
    world.now += 10s;
    world.door.on_deadline(world.now, world.wires.out);
    world.wires.take();
    EXPECT_EQ(world.done(works.at(1)), Lines{}) << "it was too late";
    EXPECT_EQ(world.works().size(), 2U) << "nothing was done for who had gone";
}

TEST(Join, RefusesTheLastTicketOfWhoHasMostBeyondTheBound) {
    DoorLimits limits;
    limits.checks_max = 3;
    Joining world(limits, 10);
    for (std::uint64_t id = 1; id <= 5; ++id) world.attempt(id, 7, "x", "wrong");
    ASSERT_EQ(world.works().size(), 2U);  // two are checked, three wait
    const auto unavailable = [](std::uint64_t id) {
        return Lines{std::to_string(id) + R"( [3,{},"wamp.error.unavailable"])",
                     std::to_string(id) + " closed"};
    };
    EXPECT_EQ(world.attempt(6, 7, "x", "wrong"), unavailable(6));
    EXPECT_EQ(world.attempt(7, 8, "alice", secret), unavailable(5)) << "a place was made for it";
    // Those who have gone hold no place.
    world.door.on_closed(peer(3), "gone");
    EXPECT_EQ(world.attempt(8, 7, "x", "wrong"), Lines{});
    // The other circuit is next, although four of the first came before.
    world.done(world.works().at(0));
    EXPECT_EQ(world.done(world.works().at(2)), Lines({"7 WELCOME operator ticket lab", "work"}));
}

TEST(Join, RefusesWithoutACheckWhatCameWithTooManyGuesses) {
    Joining world({}, 10);
    for (std::uint64_t id = 1; id <= 6; ++id)
        world.attempt(id, 7, "x" + std::to_string(id), "wrong");
    for (std::size_t i = 0; i < 3; ++i) world.done(world.works().at(i));
    // The fourth was running, and the others never do.
    EXPECT_EQ(world.works().size(), 4U);
    EXPECT_FALSE(world.door.has_peer(peer(5)));
    EXPECT_FALSE(world.door.has_peer(peer(6)));
    EXPECT_EQ(world.done(world.works().at(3)), refused(4));
    EXPECT_EQ(world.door.joining().checks().waiting(), 0U);
}

TEST(Join, RecordsTheReasonAndRevealsItToNoClient) {  // architecture: Promises 3
    DoorLimits limits;
    limits.audit = AuditTrail::Level::denied;
    Joining world(limits);
    std::string records;
    world.attempt(1, 7, "alice", "wrong");
    world.door.audit().take(records);
    EXPECT_NE(records.find("wrong ticket"), std::string::npos);
    world.attempt(2, 7, "mallory", "wrong");
    world.door.audit().take(records);
    EXPECT_NE(records.find("no such principal"), std::string::npos);
    EXPECT_EQ(world.wires.raw(1), world.wires.raw(2));
}

}  // namespace
}  // namespace sallyport::policy
