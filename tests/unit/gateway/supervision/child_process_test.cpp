#include "gateway/supervision/child_process.h"

#include <gtest/gtest.h>

#include "tests/unit/gateway/supervision/effect_text.h"
#include "tests/unit/gateway/supervision/machine_table.h"

namespace sallyport::gateway::supervision {
namespace {

using namespace std::chrono_literals;

const Exit killed{-1, "was killed by signal 9 (Killed)"};

struct Child {
    std::string state() const {
        switch (machine.state()) {
            case ChildProcess::State::idle:
                return "idle";
            case ChildProcess::State::running:
                return "running";
            case ChildProcess::State::waiting:
                return "waiting";
            case ChildProcess::State::stopping:
                return machine.deadline() == wamp::never ? "killed" : "stopping";
            case ChildProcess::State::stopped:
                break;
        }
        return "stopped";
    }
    std::string take() {
        const std::string text = text_of(out);
        out.clear();
        return text;
    }
    void wait_until_due() {
        if (machine.deadline() != wamp::never) now = machine.deadline();
        machine.on_deadline(now, out);
    }

    wamp::Instant now{100s};
    Outbox out;
    ChildProcess machine{{worker_process, "worker"}};
};

const Steps<Child> states = {
    {"idle", [](Child&) {}},
    {"running", [](Child& c) { c.machine.start(c.now, c.out); }},
    {"waiting",
     [](Child& c) {
         c.machine.start(c.now, c.out);
         c.machine.on_exit(killed, c.now, c.out);
     }},
    {"stopping",
     [](Child& c) {
         c.machine.start(c.now, c.out);
         c.machine.stop(3s, true, c.now, c.out);
     }},
    {"killed",
     [](Child& c) {
         c.machine.start(c.now, c.out);
         c.machine.kill(c.out);
     }},
    {"stopped", [](Child& c) { c.machine.kill(c.out); }},
};

const Steps<Child> events = {
    {"start", [](Child& c) { c.machine.start(c.now, c.out); }},
    {"start failed", [](Child& c) { c.machine.on_start_failed("fork", c.now, c.out); }},
    {"exit", [](Child& c) { c.machine.on_exit(killed, c.now, c.out); }},
    {"stop", [](Child& c) { c.machine.stop(3s, false, c.now, c.out); }},
    {"terminate", [](Child& c) { c.machine.stop(3s, true, c.now, c.out); }},
    {"kill", [](Child& c) { c.machine.kill(c.out); }},
    {"end grace", [](Child& c) { c.machine.end_grace(c.out); }},
    {"early", [](Child& c) { c.machine.on_deadline(c.now, c.out); }},
    {"due", [](Child& c) { c.wait_until_due(); }},
};

TEST(ChildProcess, FollowsItsTableOfStatesAndEvents) {
    const std::string too_late =
        "killed → warning: worker did not exit in time; killing it; kill worker";
    const Table table = {
        {"idle",
         {{"start", "running → start worker"},
          {"stop", "stopped"},
          {"terminate", "stopped"},
          {"kill", "stopped"}}},
        {"running",
         {{"start failed", "waiting → error: worker cannot be started: fork"},
          {"exit",
           "waiting → error: worker was killed by signal 9 (Killed); restarting it in 100 ms"},
          {"stop", "stopping"},
          {"terminate", "stopping → terminate worker"},
          {"kill", "killed → kill worker"}}},
        {"waiting",
         {{"due", "running → start worker"},
          {"stop", "stopped"},
          {"terminate", "stopped"},
          {"kill", "stopped"}}},
        {"stopping",
         {{"start failed", "stopped"},
          {"exit", "stopped"},
          {"kill", "killed → kill worker"},
          {"end grace", too_late},
          {"due", too_late}}},
        {"killed",
         {{"start failed", "stopped"}, {"exit", "stopped"}, {"kill", "killed → kill worker"}}},
        {"stopped", {}},
    };
    expect_table(states, events, table);
}

TEST(ChildProcess, DoublesTheDelayOfARestartUpToItsLimit) {
    Child child;
    child.machine.start(child.now, child.out);
    for (const auto delay :
         {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10'000ms, 10'000ms}) {
        child.machine.on_exit(killed, child.now, child.out);
        EXPECT_EQ(child.machine.deadline() - child.now, delay);
        child.wait_until_due();
    }
}

TEST(ChildProcess, TriesAFailedStartAgainWithTheSameDelays) {
    Child child;
    child.machine.start(child.now, child.out);
    for (const auto delay : {100ms, 200ms, 400ms}) {
        child.machine.on_start_failed("no memory", child.now, child.out);
        EXPECT_EQ(child.machine.deadline() - child.now, delay);
        child.wait_until_due();
    }
}

TEST(ChildProcess, BeginsAtTheShortestDelayAgainAfterARunThatWasLongEnough) {
    for (const auto& [run, delay] :
         {std::pair<wamp::Duration, wamp::Duration>{30s, 100ms}, {30s - 1ns, 400ms}}) {
        Child child;
        child.machine.start(child.now, child.out);
        for (int ends = 0; ends < 2; ++ends) {
            child.machine.on_exit(killed, child.now, child.out);
            child.wait_until_due();
        }
        child.now += run;
        child.machine.on_exit(killed, child.now, child.out);
        EXPECT_EQ(child.machine.deadline() - child.now, delay);
    }
}

TEST(ChildProcess, IsGivenTheWholeGracePeriodOnceHoweverOftenItIsStopped) {
    Child child;
    child.machine.start(child.now, child.out);
    child.machine.stop(3s, true, child.now, child.out);
    const wamp::Instant end = child.now + 3s;
    child.now += 2s;
    child.machine.stop(3s, true, child.now, child.out);
    EXPECT_EQ(child.machine.deadline(), end);
}

}  // namespace
}  // namespace sallyport::gateway::supervision
