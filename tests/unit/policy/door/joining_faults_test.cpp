// Joining while the authenticator is late, silent, repeats itself or dies, and while the policy
// changes.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/policy/logins.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

using logins::answer_to;
using logins::extra_for;
using logins::secret;

TestRealm realm_with(bool alice) {
    TestRealm made = door_realm(door_policy);
    AuthText auth;
    auth.anonymous_role = "guest";
    auth.failures = {1000, 1min};
    Principals principals;
    principals.list.push_back(logins::everything(alice ? "alice" : "bob", "operator"));
    wamp::Random random({9});
    principals.list.back().ticket = crypto::hash_ticket(secret, 10, random);
    made.terms = JoinTerms::make(auth, Roster::of(principals, alice ? "one" : "other"));
    made.authenticator = Authenticator::make(auth, principals);
    return made;
}

/// A door whose authenticator does what the test wants with questions and answers.
class FaultyWorld {
public:
    explicit FaultyWorld(DoorLimits limits = {})
        : door({realm_with(true)}, limits, wamp::Random({7})),
          service({realm_with(true).secret()}, wamp::Random({11})) {}

    Lines send(std::uint64_t id, const wamp::Message& message) {
        const auto frame = wamp::encode(wamp::Serializer::json, message);
        door.on_message(peer(id), frame.message(), now, wires.out);
        return take();
    }
    void open(std::uint64_t id) {
        door.on_open(peer(id), wires.open(id), Door::Trust::client, now, wires.out);
    }
    Lines hello(std::uint64_t id, Method method) {
        open(id);
        wamp::Hello message =
            logins::hello({std::string(to_string(method))}, "alice", extra_for(method));
        message.realm = "lab";
        message.details.set("roles", wamp::Dict{{"caller", wamp::Dict{}}});
        return send(id, message);
    }
    Lines take() {
        for (auto& question : take_questions(wires.out)) questions.push_back(std::move(question));
        return wires.take();
    }
    /// What the service answers to the question at that place.
    std::vector<std::string> ask(std::size_t at) {
        AuthService::Outbox out;
        service.on_question(questions.at(at), now, out);
        questions.erase(questions.begin() + static_cast<std::ptrdiff_t>(at));
        std::vector<std::string> packets;
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (const auto* const check = std::get_if<AuthService::Check>(&out[i])) {
                const AuthService::Check run = *check;
                service.on_checked(run.id, run.run(), now, out);
            } else {
                packets.push_back(std::get<AuthService::Reply>(out[i]).packet);
            }
        }
        return packets;
    }
    Lines answer(const std::string& packet) {
        door.on_auth_answer(packet, now, wires.out);
        return take();
    }
    Lines answer_all() {
        Lines lines;
        while (!questions.empty()) {
            for (const std::string& packet : ask(0))
                for (std::string& line : answer(packet)) lines.push_back(std::move(line));
        }
        return lines;
    }
    Lines die() {
        questions.clear();
        service = AuthService({realm_with(true).secret()}, wamp::Random({++generation}));
        door.on_authenticator_lost(now, wires.out);
        return take();
    }
    Lines advance(wamp::Duration duration) {
        now += duration;
        door.on_deadline(now, wires.out);
        return take();
    }

    Wires wires;
    wamp::Instant now{1h};
    Door door;
    AuthService service;
    std::vector<std::string> questions;
    std::uint8_t generation = 11;
};

wamp::Dict extra_in(const std::string& line) {
    const auto value = wamp::decode_value(wamp::Serializer::json, line.substr(line.find('[')), {});
    return *(*value->get_if<wamp::List>())[2].get_if<wamp::Dict>();
}

Lines ended(std::uint64_t id, std::string_view error) {
    return {std::to_string(id) + " [3,{},\"wamp.error." + std::string(error) + "\"]",
            std::to_string(id) + " closed"};
}

TEST(JoinWithoutAuthenticator, EndsWhenTheTimeToJoinIsOver) {
    FaultyWorld world;
    EXPECT_EQ(world.hello(1, Method::wampcra), Lines{});
    EXPECT_EQ(world.advance(9999ms), Lines{});
    EXPECT_EQ(world.advance(1ms), ended(1, "timeout"));
    EXPECT_EQ(world.answer_all(), Lines{}) << "too late";
}

TEST(JoinWithoutAuthenticator, IsUnavailableForNowIfItDiesMeanwhile) {
    FaultyWorld world;
    world.hello(1, Method::wampcra);
    EXPECT_EQ(world.die(), ended(1, "unavailable"));
    // Challenged by one, and answered to the next.
    world.hello(2, Method::wampcra);
    const Lines challenge = world.answer_all();
    ASSERT_EQ(challenge.size(), 1U);
    EXPECT_EQ(world.die(), Lines{});
    world.send(2, answer_to(Method::wampcra, "alice", extra_in(challenge[0]), secret));
    EXPECT_EQ(world.answer_all(), ended(2, "unavailable"));
    EXPECT_EQ(world.door.joining().failures().failed(), 0U) << "the client has not failed";
}

TEST(JoinWithoutAuthenticator, DoesNotConcernGuestsAndSessions) {
    FaultyWorld world;
    EXPECT_EQ(world.hello(1, Method::anonymous), Lines{"1 WELCOME guest anonymous lab"});
    world.hello(2, Method::wampcra);
    EXPECT_EQ(world.die(), ended(2, "unavailable"));
    EXPECT_TRUE(world.door.has_peer(peer(1)));
}

TEST(JoinWithoutAuthenticator, TakesEachAnswerOnce) {
    FaultyWorld world;
    world.hello(1, Method::wampcra);
    const auto packets = world.ask(0);
    const Lines challenge = world.answer(packets.at(0));
    ASSERT_EQ(challenge.size(), 1U);
    EXPECT_EQ(world.answer(packets.at(0)), Lines{});
    world.send(1, answer_to(Method::wampcra, "alice", extra_in(challenge[0]), secret));
    const auto verdict = world.ask(0);
    EXPECT_EQ(world.answer(packets.at(0)), Lines{}) << "an answer to another question";
    EXPECT_EQ(world.answer(verdict.at(0)), Lines{"1 WELCOME operator wampcra lab"});
    EXPECT_EQ(world.answer(verdict.at(0)), Lines{});
    EXPECT_EQ(world.answer("nonsense"), Lines{});
    // It is of no use to the next peer.
    world.hello(2, Method::wampcra);
    EXPECT_EQ(world.answer(verdict.at(0)), Lines{});
}

TEST(JoinWithoutAuthenticator, DropsAnswersForThoseWhoHaveLeft) {  // W-SES-13, W-SUB-21
    FaultyWorld world;
    world.hello(1, Method::wampcra);
    const auto packets = world.ask(0);
    world.door.on_closed(peer(1), "gone");
    EXPECT_EQ(world.answer(packets.at(0)), Lines{});
}

TEST(JoinWithoutAuthenticator, LeavesTicketsThatWaitTheirTurn) {
    FaultyWorld world;
    for (std::uint64_t id = 1; id <= 3; ++id) world.hello(id, Method::ticket);
    world.answer_all();
    for (std::uint64_t id = 1; id <= 3; ++id) world.send(id, wamp::Authenticate{secret, {}});
    EXPECT_EQ(world.questions.size(), 2U) << "the third waits";
    Lines due = ended(1, "unavailable");
    for (const std::string& line : ended(2, "unavailable")) due.push_back(line);
    EXPECT_EQ(world.die(), due);
    EXPECT_EQ(world.questions.size(), 1U) << "its turn has come";
    // The new authenticator does not know the attempt.
    EXPECT_EQ(world.answer_all(), ended(3, "unavailable"));
}

TEST(JoinWithoutAuthenticator, HoldsNoTurnForAnAnswerThatNeverComes) {
    FaultyWorld world;
    for (std::uint64_t id = 1; id <= 2; ++id) world.hello(id, Method::ticket);
    world.answer_all();
    for (std::uint64_t id = 1; id <= 2; ++id) world.send(id, wamp::Authenticate{secret, {}});
    world.questions.clear();  // lost
    world.advance(15s);
    world.hello(3, Method::ticket);
    world.answer_all();
    world.send(3, wamp::Authenticate{secret, {}});
    EXPECT_EQ(world.answer_all(), Lines{"3 WELCOME operator ticket lab"});
}

TEST(JoinWithoutAuthenticator, AdmitsNobodyWhomAReloadHasRemovedMeanwhile) {
    for (const Method method : logins::with_secrets) {
        FaultyWorld world;
        world.hello(1, method);
        const Lines challenge = world.answer_all();
        world.send(1, answer_to(method, "alice", extra_in(challenge.at(0)), secret));
        const auto verdict = world.ask(0);
        // The door has switched, the authenticator had not yet.
        world.door.reload({realm_with(false)}, world.wires.out);
        world.take();
        EXPECT_EQ(world.answer(verdict.at(0)), ended(1, "authentication_denied"))
            << to_string(method);
    }
}

/// What has come of a client.
struct Outcome {
    bool right = false;
    int welcomes = 0;
    int aborts = 0;
};

// A seed replays one run.
TEST(JoinWithoutAuthenticator, EndsOnceForEachClientWhateverTheSeedBrings) {
    for (std::uint8_t seed = 1; seed <= 100; ++seed) {
        wamp::Random dice({seed, 77});
        FaultyWorld world;
        std::map<std::uint64_t, Outcome> clients;
        std::map<std::uint64_t, Method> methods;
        std::vector<std::string> answers;
        bool alice_is_listed = true;
        const auto see = [&](const Lines& lines) {
            Lines more;
            for (const std::string& line : lines) {
                const std::uint64_t id = std::stoull(line);
                Outcome& outcome = clients[id];
                if (line.find(" WELCOME ") != std::string::npos) {
                    ++outcome.welcomes;
                    EXPECT_TRUE(outcome.right && alice_is_listed) << "seed " << int{seed};
                } else if (line.find(" [3,") != std::string::npos) {
                    ++outcome.aborts;
                } else if (line.find(" [4,") != std::string::npos) {
                    const auto answer = answer_to(
                        methods[id], "alice", extra_in(line), outcome.right ? secret : "wrong",
                        outcome.right ? logins::seed : crypto::SigningSeed{66});
                    for (std::string& next : world.send(id, answer)) more.push_back(next);
                }
            }
            for (const std::string& line : more) {
                Outcome& outcome = clients[std::stoull(line)];
                outcome.aborts += line.find(" [3,") != std::string::npos ? 1 : 0;
            }
        };
        for (int step = 0; step < 150; ++step) {
            const std::uint64_t roll = dice.below(100);
            if (roll < 25) {
                const std::uint64_t id = clients.size() + 1;
                clients[id].right = dice.below(3) != 0;
                methods[id] = logins::with_secrets.at(dice.below(logins::with_secrets.size()));
                see(world.hello(id, methods[id]));
            } else if (roll < 60 && !world.questions.empty()) {
                for (auto& packet : world.ask(dice.below(world.questions.size())))
                    answers.push_back(std::move(packet));
            } else if (roll < 90 && !answers.empty()) {
                const auto at = dice.below(answers.size());
                const std::string packet = answers[at];
                if (dice.below(5) != 0)  // else it comes again
                    answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(at));
                see(world.answer(packet));
            } else if (roll < 92) {
                answers.clear();
                see(world.die());
                if (!alice_is_listed) world.service.reload({realm_with(false).secret()});
            } else if (roll < 94 && !answers.empty()) {
                answers.pop_back();
            } else if (roll < 96) {
                alice_is_listed = !alice_is_listed;
                const TestRealm realm = realm_with(alice_is_listed);
                if (dice.below(2) == 0) world.service.reload({realm.secret()});
                for (const auto& gone : world.door.ended_by(std::vector<DoorRealm>{realm}))
                    world.door.forget(gone.session);
                world.door.reload({realm}, world.wires.out);
                world.service.reload({realm.secret()});
                see(world.take());
            } else {
                see(world.advance(std::chrono::milliseconds(dice.below(2000))));
            }
        }
        for (int i = 0; i < 20; ++i) see(world.advance(1s));
        for (const auto& [id, outcome] : clients)
            EXPECT_EQ(outcome.welcomes + outcome.aborts, 1) << "seed " << int{seed} << ", " << id;
        // And the next one is served.
        world.questions.clear();
        if (!alice_is_listed) continue;
        clients[10'000].right = true;
        methods[10'000] = Method::ticket;
        see(world.hello(10'000, Method::ticket));
        while (!world.questions.empty())
            for (const std::string& packet : world.ask(0)) see(world.answer(packet));
        EXPECT_EQ(clients[10'000].welcomes, 1) << "seed " << int{seed};
    }
}

}  // namespace
}  // namespace sallyport::policy
