// What is subtle about sessions and logins (requirements, section 21), at both doors.

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "policy/auth/client_logins.h"
#include "tests/sim/scenarios/stage.h"
#include "wamp/message/uris.h"

namespace sallyport::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using wamp::Dict;
using wamp::Value;
namespace uris = wamp::uris;

class SessionScenario : public Scenario {};

INSTANTIATE_TEST_SUITE_P(Doors, SessionScenario,
                         testing::Values(Seating{Side::outside, Side::inside},
                                         Seating{Side::inside, Side::outside}),
                         name_of);

// W-SUB-10
TEST_P(SessionScenario, IdsAreCountedByRequests) {
    play([](Stage& stage) {
        Player& callee = stage.join(second());
        stage.enroll(callee, "app.never");
        stage.enroll(callee, "app.work");
        callee.on_invocation = [&](const wamp::Invocation& invocation) {
            if (invocation.registration == callee.last<wamp::Registered>()->registration)
                callee.yield(invocation.request);
        };
        Player& player = stage.join(first());
        const auto denied = player.subscribe("other.topic");
        stage.subscribe(player, "app.topic");
        EXPECT_EQ(player.error_of(denied), uris::not_authorized);
        const auto pending = player.call("app.never");
        player.cancel(pending, "skip");
        const auto finished = player.call("app.work");
        stage.settle();
        EXPECT_EQ(finished, pending + 1);
        EXPECT_EQ(player.ends_of(finished), 1U);
        EXPECT_EQ(player.error_of(finished), "");
        player.cancel(finished, "skip");  // has ended: no matter
        const auto open = player.call("app.never");
        stage.settle();
        EXPECT_EQ(player.count<wamp::Abort>(), 0U);
        player.send_part(open, "app.never", true);
        stage.settle();
        ASSERT_EQ(player.count<wamp::Abort>(), 1U);
        EXPECT_EQ(player.last<wamp::Abort>()->reason, uris::protocol_violation);
        for (const auto* const invocation : callee.all<wamp::Invocation>())
            callee.yield(invocation->request);
    });
}

// W-SUB-10: the id of a plain call that has ended
TEST_P(SessionScenario, TheIdOfAnEndedCallIsNotUsedAgain) {
    play([](Stage& stage) {
        Player& callee = stage.join(second());
        stage.enroll(callee, "app.work");
        callee.on_invocation = [&](const wamp::Invocation& invocation) {
            callee.yield(invocation.request);
        };
        Player& player = stage.join(first());
        const auto call = player.call("app.work");
        stage.settle();
        player.call("app.work");
        stage.settle();
        player.send_part(call, "app.work", true);
        stage.settle();
        ASSERT_EQ(player.count<wamp::Abort>(), 1U);
        EXPECT_EQ(player.last<wamp::Abort>()->reason, uris::protocol_violation);
        EXPECT_EQ(callee.count<wamp::Invocation>(), 2U);
    });
}

// W-SUB-16
TEST_P(SessionScenario, GoodbyesThatCrossAreTwo) {
    play([](Stage& stage) {
        Player& warden = stage.join(first(), "ann");
        Player& publisher = stage.join(second());
        for (int step = 0; step <= 16; ++step) {
            Player& player = stage.join(first());
            stage.subscribe(player, "app.topic");
            warden.call("wamp.session.kill", {}, {Value(player.session())});
            stage.schedule().after(step * microseconds(250), [&player] {
                player.publish("app.other");
                player.send(wamp::Goodbye{{}, std::string(uris::close_realm)});
            });
            stage.settle();
            EXPECT_EQ(player.count<wamp::Goodbye>(), 1U) << step;
            EXPECT_EQ(player.count<wamp::Abort>(), 0U) << step;
            publisher.publish("app.topic");
            stage.settle();
            EXPECT_EQ(player.count<wamp::Event>(), 0U) << step;
        }
    });
}

// W-SUB-17
TEST_P(SessionScenario, AnAnswerToAnotherChallengeIsRefused) {
    const std::pair<const char*, std::string> methods[] = {
        {"wampcra", "ticket of ann"},
        {"wamp-scram", "ticket of ann"},
        {"cryptosign", std::string(64, '1')},
    };
    for (const auto& [method, secret] : methods) {
        play([method = method, &secret = secret](Stage& stage) {
            const auto login = [&] {
                wamp::Random::Seed seed{};
                for (auto& byte : seed) byte = static_cast<std::uint8_t>(stage.dice().next());
                return *policy::make_client_login(method, "ann", secret, wamp::Random(seed));
            };
            Player& once = stage.seat(first(), "ann");
            once.login = login();
            stage.join(once);
            ASSERT_FALSE(once.signature().empty());
            Player& again = stage.seat(first(), "ann");
            again.login = login();
            again.replayed = once.signature();
            again.start();
            stage.run(milliseconds(5000));
            EXPECT_EQ(again.count<wamp::Welcome>(), 0U) << method;
            EXPECT_EQ(again.count<wamp::Abort>(), 1U) << method;
        });
    }
}

// W-SUB-21: outside only, where a procedure decides who may join
TEST(JoinScenario, WhoLeavesWhileTheAuthenticatorRunsHasNotBeenThere) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Stage stage(seed);
        Player& watcher = stage.join(Side::outside, "ann");
        for (const char* const topic : {"wamp.session.on_join", "wamp.session.on_leave"})
            stage.subscribe(watcher, topic);
        Player& decider = stage.join(Side::inside);
        stage.enroll(decider, "app.auth.ask");
        const auto decide = [&](const wamp::Invocation& invocation) {
            stage.schedule().after(milliseconds(100), [&decider, request = invocation.request] {
                decider.yield(request, {}, {Value(Dict{{"role", "user"}, {"authid", "zoe"}})});
            });
        };
        decider.on_invocation = decide;
        Player& stays = stage.seat(Side::outside, "zoe");
        stays.start();
        stage.run(milliseconds(300));
        ASSERT_NE(stays.session(), 0U);
        EXPECT_EQ(watcher.count<wamp::Event>(), 1U);
        const auto sessions = stage.front().sessions();

        Player& leaves = stage.seat(Side::outside, "zoe");
        leaves.start();
        stage.run(milliseconds(50));
        ASSERT_EQ(decider.count<wamp::Invocation>(), 2U);
        leaves.cut();
        stage.run(milliseconds(300));
        EXPECT_EQ(watcher.count<wamp::Event>(), 1U);
        EXPECT_EQ(leaves.count<wamp::Welcome>(), 0U);
        EXPECT_EQ(stage.front().sessions(), sessions);
        EXPECT_EQ(stage.front().door().auth_calls(), 0U);
        stage.expect_nothing_open();
    }
}

}  // namespace
}  // namespace sallyport::sim
