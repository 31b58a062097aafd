// How a peer of a door becomes a session, and how often it may try.
#include <gtest/gtest.h>

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
        : door({realm(iterations)}, limits, wamp::Random({7})) {}

    /// `iterations`: of a ticket that alice has chosen; 0: it was drawn.
    static DoorRealm realm(std::uint32_t iterations) {
        DoorRealm made = door_realm(door_policy);
        AuthText auth;
        auth.failures = {3, 8, 1min};
        auth.anonymous_role = "guest";
        Principals principals;
        principals.list.push_back(logins::everything("alice", "operator"));
        wamp::Random random({9});
        principals.list.back().ticket = crypto::hash_ticket(secret, iterations, random);
        made.authenticator = Authenticator::make(auth, principals);
        return made;
    }
    void open(std::uint64_t id, std::uint64_t circuit = 0) {
        Transport transport = wires.open(id);
        transport.circuit = circuit;
        door.on_open(peer(id), transport, Door::Trust::client, now, wires.out);
    }
    /// The lines that the message brings.
    Lines send(std::uint64_t id, const wamp::Message& message) {
        const auto frame = wamp::encode(wamp::Serializer::json, message);
        const std::string bytes(frame.message());
        door.on_message(peer(id), bytes, now, wires.out);
        return wires.take();
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

    /// The lines that the end of a check brings.
    Lines done(const wamp::effect::Work& work) {
        door.on_work_done(work.id, work.run(), now, wires.out);
        return wires.take();
    }

    Wires wires;
    wamp::Instant now{std::chrono::hours(1)};
    Door door;
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

TEST(Join, RefusesACircuitThatFailedTooOften) {  // W-AUT-04
    Joining world;
    world.open(50, 7);  // waits without a word
    world.open(51, 7);
    ASSERT_EQ(world.login(51, Method::ticket, "alice", secret).size(), 1U);  // in already
    world.open(52, 8);
    EXPECT_EQ(world.attempt(1, 7, "alice", "wrong"), refused(1));
    EXPECT_EQ(world.attempt(2, 7, "mallory", "wrong"), refused(2));
    Lines last = world.attempt(3, 7, "bob", "wrong");
    const Lines other = refused(50);
    Lines due = refused(3);
    due.insert(due.end(), other.begin(), other.end());
    EXPECT_EQ(last, due);
    EXPECT_TRUE(world.door.has_peer(peer(51)));
    EXPECT_TRUE(world.door.has_peer(peer(52)));
    // Whatever is asked for on that circuit, and before a challenge.
    world.open(4, 7);
    EXPECT_EQ(world.hello(4, Method::ticket, "alice"), refused(4));
    world.open(5, 7);
    EXPECT_EQ(world.hello(5, Method::anonymous, ""), refused(5));
    EXPECT_EQ(world.attempt(6, 8, "alice", secret), Lines{"6 WELCOME operator ticket lab"});
    world.now += 1min;
    EXPECT_EQ(world.attempt(7, 7, "alice", secret), Lines{"7 WELCOME operator ticket lab"});
}

TEST(Join, DoesNoWorkForAnAnswerOfABlockedCircuit) {
    Joining world;
    world.open(1, 7);
    const Lines lines = world.hello(1, Method::ticket, "alice");
    ASSERT_EQ(lines.size(), 1U);
    for (std::uint64_t id = 2; id <= 4; ++id) world.attempt(id, 7, "x", "wrong");
    EXPECT_FALSE(world.door.has_peer(peer(1)));  // closed with the circuit's third failure
}

TEST(Join, RefusesANameThatFailedTooOften) {  // W-AUT-04
    Joining world;
    for (std::uint64_t id = 1; id <= 8; ++id)
        EXPECT_EQ(world.attempt(id, 100 + id, "alice", "wrong"), refused(id));
    EXPECT_EQ(world.attempt(20, 200, "alice", secret), refused(20));
    // And one that there is not, in the same way.
    for (std::uint64_t id = 31; id <= 38; ++id)
        EXPECT_EQ(world.attempt(id, 100 + id, "bob", "wrong"), refused(id));
    world.open(40, 300);
    EXPECT_EQ(world.hello(40, Method::ticket, "bob"), refused(40));
    world.now += 1min;
    EXPECT_EQ(world.attempt(21, 200, "alice", secret), Lines{"21 WELCOME operator ticket lab"});
}

// A guess at a chosen ticket costs some hundredths of a second, in which others must be served.
TEST(Join, ChecksChosenTicketsElsewhereWhileTheOthersGoOn) {
    Joining world({}, 10);
    EXPECT_EQ(world.attempt(1, 7, "alice", "wrong"), Lines{"work"});
    EXPECT_EQ(world.attempt(2, 8, "nobody", "wrong"), Lines{"work"}) << "the same for nobody";
    EXPECT_EQ(world.attempt(3, 9, "alice", secret), Lines{"work"});
    const auto works = world.wires.works();
    EXPECT_EQ(world.done(works.at(2)), Lines{"3 WELCOME operator ticket lab"});
    EXPECT_EQ(world.done(works.at(0)), refused(1));
    EXPECT_EQ(world.done(works.at(1)), refused(2));
    EXPECT_EQ(world.done(works.at(2)), Lines{}) << "one answer is good once";
}

TEST(Join, ForgetsTheChecksOfThoseWhoHaveGone) {
    Joining world({}, 10);
    world.attempt(1, 7, "alice", secret);
    world.attempt(2, 7, "alice", secret);
    const auto works = world.wires.works();
    world.door.on_closed(peer(1), "gone");
    EXPECT_EQ(world.done(works.at(0)), Lines{});
    world.now += 10s;
    world.door.on_deadline(world.now, world.wires.out);
    world.wires.take();
    EXPECT_EQ(world.done(works.at(1)), Lines{}) << "it was too late";
}

TEST(Join, ChecksOnlySoManyTicketsAtOnce) {
    DoorLimits limits;
    limits.checks_max = 2;
    Joining world(limits, 10);
    for (std::uint64_t id = 1; id <= 2; ++id)
        EXPECT_EQ(world.attempt(id, id, "x", "wrong"), Lines{"work"});
    EXPECT_EQ(world.attempt(3, 3, "alice", secret),
              (Lines{R"(3 [3,{},"wamp.error.unavailable"])", "3 closed"}));
    world.done(world.wires.works().at(0));
    EXPECT_EQ(world.attempt(4, 4, "alice", secret), Lines{"work"});
}

TEST(Join, RefusesAGuessForANameThatFailedTooOftenMeanwhile) {
    DoorLimits limits;
    limits.checks_max = 9;
    Joining world(limits, 10);
    for (std::uint64_t id = 1; id <= 8; ++id) world.attempt(id, id, "alice", "wrong");
    world.attempt(9, 9, "alice", secret);
    const auto works = world.wires.works();
    for (std::size_t i = 0; i < 8; ++i) world.done(works.at(i));
    EXPECT_EQ(world.done(works.at(8)), refused(9));
}

TEST(Join, RefusesAGuessThatCameWithTooManyOthers) {
    Joining world({}, 10);
    for (std::uint64_t id = 1; id <= 3; ++id)
        world.attempt(id, 7, "x" + std::to_string(id), "wrong");
    world.attempt(4, 7, "alice", secret);
    const auto works = world.wires.works();
    for (std::size_t i = 0; i < 3; ++i) world.done(works.at(i));
    EXPECT_EQ(world.done(works.at(3)), Lines{});
    EXPECT_FALSE(world.door.has_peer(peer(4)));  // closed with the circuit's third failure
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
