// What is subtle about calls (requirements, section 21), with each party outside and inside.

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/scenarios/stage.h"
#include "wamp/message/uris.h"
#include "wamp/router/dealer.h"

namespace sallyport::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using wamp::Dict;
namespace uris = wamp::uris;

class CallScenario : public Scenario {};

INSTANTIATE_TEST_SUITE_P(Places, CallScenario, everywhere, name_of);

/// Answers each invocation after `delay`.
void answer_after(Stage& stage, Player& callee, Duration delay) {
    callee.on_invocation = [&stage, &callee, delay](const wamp::Invocation& invocation) {
        stage.schedule().after(delay,
                               [&callee, request = invocation.request] { callee.yield(request); });
    };
}

// W-SUB-02
TEST_P(CallScenario, NothingIsInvokedAfterUnregistered) {
    play([](Stage& stage) {
        Player& caller = stage.join(first());
        Player& callee = stage.join(second());
        stage.enroll(callee, "app.work");
        answer_after(stage, callee, milliseconds(5));
        std::vector<wamp::RequestId> calls;
        for (int i = 0; i < 60; ++i) {
            stage.schedule().after(i * microseconds(300),
                                   [&] { calls.push_back(caller.call("app.work")); });
        }
        std::size_t invoked = 0;
        stage.schedule().after(milliseconds(9), [&] {
            callee.unregister(callee.last<wamp::Registered>()->registration);
        });
        stage.run(milliseconds(15));
        ASSERT_EQ(callee.count<wamp::Unregistered>(), 1U);
        const auto types = callee.types();
        const auto unregistered =
            std::find(types.begin(), types.end(), wamp::MessageType::unregistered);
        stage.run(milliseconds(200));
        const auto later = callee.types();
        EXPECT_EQ(std::count(later.begin() + (unregistered - types.begin()), later.end(),
                             wamp::MessageType::invocation),
                  0);
        for (const auto call : calls) {
            ASSERT_EQ(caller.ends_of(call), 1U) << "call " << call;
            const std::string error = caller.error_of(call);
            EXPECT_TRUE(error.empty() || error == uris::no_such_procedure) << error;
            if (error.empty()) ++invoked;
        }
        EXPECT_EQ(calls.size(), 60U);
        EXPECT_EQ(invoked, callee.count<wamp::Invocation>());
        EXPECT_GT(invoked, 0U);
        EXPECT_LT(invoked, 60U);
    });
}

// W-SUB-03
TEST_P(CallScenario, ACancelThatCrossesTheResultLeavesOneAnswer) {
    for (const char* const mode : {"killnowait", "skip", "kill"}) {
        play([mode](Stage& stage) {
            Player& caller = stage.join(first());
            Player& callee = stage.join(second());
            stage.enroll(callee, "app.work");
            answer_after(stage, callee, milliseconds(10));
            std::size_t results = 0;
            std::vector<wamp::RequestId> calls;
            for (int i = 0; i < 50; ++i) {
                const auto call = caller.call("app.work");
                calls.push_back(call);
                stage.schedule().after(i * milliseconds(1),
                                       [&caller, call, mode] { caller.cancel(call, mode); });
            }
            stage.run(milliseconds(200));
            for (const auto call : calls) {
                ASSERT_EQ(caller.ends_of(call), 1U) << mode << ", call " << call;
                const std::string error = caller.error_of(call);
                EXPECT_TRUE(error.empty() || error == uris::canceled) << error;
                if (error.empty()) ++results;
            }
            EXPECT_GT(results, 0U) << mode;
            const std::string_view chosen(mode);
            EXPECT_TRUE(chosen == "kill" || results < calls.size()) << mode;
            EXPECT_TRUE(chosen != "skip" || callee.count<wamp::Interrupt>() == 0) << mode;
        });
    }
}

// W-SUB-04
TEST_P(CallScenario, ATimeoutAndAResultAtOnceLeaveOneAnswer) {
    play([](Stage& stage) {
        Player& caller = stage.join(first());
        Player& callee = stage.join(second());
        stage.enroll(callee, "app.work");
        std::size_t results = 0;
        constexpr int steps = 60;
        for (int i = 0; i < steps; ++i) {
            answer_after(stage, callee, milliseconds(190) + i * microseconds(250));
            const auto interrupted = callee.count<wamp::Interrupt>();
            const auto call = caller.call("app.work", {{"timeout", 200}});
            stage.run(milliseconds(400));
            ASSERT_EQ(caller.ends_of(call), 1U);
            const bool timed_out = caller.error_of(call) == uris::timeout;
            if (!timed_out) {
                ++results;
                EXPECT_EQ(caller.error_of(call), "");
            }
            const auto interrupts = callee.count<wamp::Interrupt>() - interrupted;
            EXPECT_LE(interrupts, timed_out ? 1U : 0U) << i;
            stage.expect_nothing_open();
        }
        EXPECT_GT(results, 0U);
        EXPECT_LT(results, static_cast<std::size_t>(steps));
    });
}

// W-SUB-05
TEST_P(CallScenario, ACalleeThatVanishesEndsItsCallsOnce) {
    play([](Stage& stage) {
        Player& watcher = stage.join(second(), "ann");
        Player& one = stage.join(first());
        Player& other = stage.join(first());
        Player& callee = stage.join(second());
        stage.subscribe(watcher, "wamp.registration.", {{"match", "prefix"}});
        stage.subscribe(watcher, "wamp.session.on_leave");
        stage.enroll(callee, "app.work");
        stage.settle();
        const auto first_call = one.call("app.work");
        const auto skipped = one.call("app.work");
        const auto others_call = other.call("app.work");
        stage.settle();
        ASSERT_EQ(callee.count<wamp::Invocation>(), 3U);
        one.cancel(skipped, "skip");
        stage.settle();
        watcher.forget();
        ASSERT_EQ(one.error_of(skipped), uris::canceled);
        callee.cut();
        stage.settle();
        EXPECT_EQ(one.error_of(first_call), uris::canceled);
        EXPECT_EQ(other.error_of(others_call), uris::canceled);
        for (const auto call : {first_call, skipped}) EXPECT_EQ(one.ends_of(call), 1U);
        EXPECT_EQ(other.ends_of(others_call), 1U);
        std::vector<std::string> told;
        for (const auto* const event : watcher.all<wamp::Event>()) {
            const auto topic = event->details.get_string("topic");
            told.emplace_back(topic.empty() ? "on_leave" : topic.substr(topic.rfind('.') + 1));
        }
        EXPECT_EQ(told, (std::vector<std::string>{"on_unregister", "on_delete", "on_leave"}));
    });
}

// W-SUB-06
TEST_P(CallScenario, ACallerThatVanishesInterruptsOnceAndLeavesNothing) {
    play([](Stage& stage) {
        Player& callee = stage.join(second());
        stage.enroll(callee, "app.stream");
        callee.on_invocation = [&](const wamp::Invocation& invocation) {
            for (int part = 1; part <= 20; ++part) {
                stage.schedule().after(part * milliseconds(10),
                                       [&callee, request = invocation.request] {
                                           callee.yield(request, {{"progress", true}});
                                       });
            }
        };
        for (int round = 0; round < 50; ++round) {
            callee.forget();
            Player& caller = stage.seat(first());
            stage.join(caller);
            caller.call("app.stream", {{"receive_progress", true}});
            stage.run(milliseconds(50));
            ASSERT_GT(caller.count<wamp::CallResult>(), 0U);
            caller.cut();
            stage.run(milliseconds(300));
            ASSERT_EQ(callee.count<wamp::Interrupt>(), 1U);
            EXPECT_EQ(callee.last<wamp::Interrupt>()->options.get_string("mode"), "killnowait");
            EXPECT_FALSE(callee.is_cut());
            stage.expect_nothing_open();
        }
    });
}

// W-SUB-07
TEST_P(CallScenario, ProgressPutsOffTheTimeout) {
    play([](Stage& stage) {
        Player& caller = stage.join(first());
        Player& callee = stage.join(second());
        stage.enroll(callee, "app.stream");
        Instant last_part{};
        callee.on_invocation = [&](const wamp::Invocation& invocation) {
            const auto part = [&callee, request = invocation.request] {
                callee.yield(request, {{"progress", true}});
            };
            for (int i = 1; i <= 7; ++i) stage.schedule().after(i * milliseconds(150), part);
            last_part = stage.schedule().now() + milliseconds(7 * 150);
            stage.schedule().after(milliseconds(7 * 150 + 230), part);
        };
        const auto call = caller.call("app.stream", {{"timeout", 200}, {"receive_progress", true}});
        stage.run(milliseconds(7 * 150 + 100));
        EXPECT_EQ(caller.count<wamp::CallResult>(), 7U);
        EXPECT_EQ(caller.ends_of(call), 0U);
        stage.schedule().run_until(last_part + milliseconds(195));
        EXPECT_EQ(caller.ends_of(call), 0U);
        stage.schedule().run_until(last_part + milliseconds(250));
        EXPECT_EQ(caller.error_of(call), uris::timeout);
        stage.run(milliseconds(300));
        EXPECT_EQ(caller.ends_of(call), 1U);
        EXPECT_EQ(caller.count<wamp::CallResult>(), 7U);
    });
}

// W-SUB-11
TEST_P(CallScenario, PartsAfterTheFinalAnswerAreDropped) {
    play([](Stage& stage) {
        Player& caller = stage.join(first());
        Player& callee = stage.join(second());
        stage.enroll(callee, "app.gather");
        std::size_t parts = 0;
        callee.on_invocation = [&](const wamp::Invocation& invocation) {
            if (++parts == 2 || parts > 5) callee.yield(invocation.request);
        };
        const auto call = caller.call("app.gather", {{"progress", true}});
        for (int part = 2; part <= 5; ++part) {
            stage.settle();
            caller.send_part(call, "app.gather", part == 5);
        }
        stage.settle();
        EXPECT_EQ(caller.ends_of(call), 1U);
        EXPECT_EQ(caller.error_of(call), "");
        EXPECT_EQ(parts, 2U);
        EXPECT_FALSE(caller.is_cut());
        parts = 5;
        const auto next = caller.call("app.gather");
        stage.settle();
        EXPECT_EQ(caller.ends_of(next), 1U);
        EXPECT_EQ(caller.error_of(next), "");
    });
}

// W-SUB-19
TEST_P(CallScenario, TheOthersShareOnWhenOneOfThemLeaves) {
    play([](Stage& stage) {
        Player& caller = stage.join(first());
        std::vector<Player*> callees;
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < 3; ++i) {
            Player& callee = stage.join(second());
            callees.push_back(&callee);
            stage.enroll(callee, "app.work", {{"invoke", "roundrobin"}});
            callee.on_invocation = [&callee, &order, i](const wamp::Invocation& invocation) {
                order.push_back(i);
                callee.yield(invocation.request);
            };
        }
        const auto call = [&](int count) {
            order.clear();
            for (int i = 0; i < count; ++i) {
                const auto request = caller.call("app.work");
                stage.settle();
                EXPECT_EQ(caller.ends_of(request), 1U);
                EXPECT_EQ(caller.error_of(request), "");
            }
        };
        call(4);
        EXPECT_EQ(std::count(order.begin(), order.end(), 1U), order[0] == 1 ? 2 : 1);
        callees[1]->cut();
        stage.settle();
        call(6);
        ASSERT_EQ(order.size(), 6U);
        for (std::size_t i = 1; i < order.size(); ++i) EXPECT_NE(order[i], order[i - 1]);
        EXPECT_EQ(std::count(order.begin(), order.end(), 1U), 0);
        callees[0]->cut();
        callees[2]->cut();
        stage.settle();
        EXPECT_EQ(caller.error_of(caller.call("app.work")), "");
        stage.settle();
        EXPECT_EQ(caller.last<wamp::Error>()->uri, uris::no_such_procedure);
        stage.enroll(stage.join(second()), "app.work", {{"invoke", "last"}});
    });
}

// W-SUB-20
TEST_P(CallScenario, AStubbornCalleeHoldsAKilledCallForABoundedTime) {
    play([](Stage& stage) {
        Player& caller = stage.join(first());
        Player& callee = stage.join(second());
        stage.enroll(callee, "app.stubborn");
        const auto call = caller.call("app.stubborn");
        const auto impatient = caller.call("app.stubborn");
        stage.settle();
        caller.cancel(call, "kill");
        caller.cancel(impatient, "kill");
        stage.settle();
        EXPECT_EQ(callee.count<wamp::Interrupt>(), 2U);
        EXPECT_EQ(caller.ends_of(impatient), 0U);
        caller.cancel(impatient, "killnowait");
        stage.settle();
        EXPECT_EQ(caller.error_of(impatient), uris::canceled);
        EXPECT_EQ(caller.ends_of(call), 0U);
        stage.run(wamp::kill_wait_max - milliseconds(200));
        EXPECT_EQ(caller.ends_of(call), 0U);
        stage.run(milliseconds(400));
        EXPECT_EQ(caller.error_of(call), uris::canceled);
        for (const auto* const invocation : callee.all<wamp::Invocation>())
            callee.yield(invocation->request);
        stage.settle();
        EXPECT_EQ(caller.ends_of(call), 1U);
        EXPECT_EQ(caller.ends_of(impatient), 1U);
        EXPECT_FALSE(callee.is_cut());
    });
}

}  // namespace
}  // namespace sallyport::sim
