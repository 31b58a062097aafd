#include "gateway/supervision/process_tree.h"

#include <gtest/gtest.h>

#include "tests/unit/gateway/supervision/effect_text.h"
#include "tests/unit/gateway/supervision/machine_table.h"

namespace sallyport::gateway::supervision {
namespace {

using namespace std::chrono_literals;

const ProcessId inside = inside_process(0);
const Exit crashed{-1, "was killed by signal 9 (Killed)"};
const Exit misconfigured{2, "ended with code 2"};

struct Tree {
    std::string state() const {
        switch (machine.phase()) {
            case ProcessTree::Phase::idle:
                return "idle";
            case ProcessTree::Phase::starting:
                return "starting";
            case ProcessTree::Phase::running:
                return "running";
            case ProcessTree::Phase::stopping:
                return "stopping";
            case ProcessTree::Phase::stopped:
                break;
        }
        return "stopped";
    }
    std::string take() {
        const std::string text = text_of(out);
        out.clear();
        return text;
    }
    void exit(ProcessId process, const Exit& how, std::string_view complaint = "") {
        machine.on_exit(process, how, complaint, now, out);
    }
    void run() {
        machine.start(now, out);
        for (const ProcessId process : {inside, worker_process, tor_process})
            machine.on_ready(process, out);
    }
    void stop() {
        run();
        machine.stop(now, out);
    }
    void wait_until_due() {
        if (machine.deadline() != wamp::never) now = machine.deadline();
        machine.on_deadline(now, out);
    }

    wamp::Instant now{100s};
    Outbox out;
    ProcessTree machine{
        {{inside, "inside home"}, {worker_process, "worker"}, {tor_process, "tor"}}};
};

const Steps<Tree> states = {
    {"idle", [](Tree&) {}},
    {"starting", [](Tree& t) { t.machine.start(t.now, t.out); }},
    {"almost ready",
     [](Tree& t) {
         t.machine.start(t.now, t.out);
         t.machine.on_ready(inside, t.out);
         t.machine.on_ready(tor_process, t.out);
     }},
    {"running", [](Tree& t) { t.run(); }},
    {"worker waits for its start",
     [](Tree& t) {
         t.run();
         t.exit(worker_process, crashed);
     }},
    {"stopping the worker", [](Tree& t) { t.stop(); }},
    {"stopping the others",
     [](Tree& t) {
         t.stop();
         t.exit(worker_process, crashed);
     }},
    {"stopping the inside",
     [](Tree& t) {
         t.stop();
         t.exit(worker_process, crashed);
         t.exit(tor_process, crashed);
     }},
    {"killing",
     [](Tree& t) {
         t.stop();
         t.machine.stop(t.now, t.out);
     }},
    {"start failed",
     [](Tree& t) {
         t.machine.start(t.now, t.out);
         t.exit(inside, misconfigured);
     }},
    {"stopped",
     [](Tree& t) {
         t.machine.start(t.now, t.out);
         for (const ProcessId process : {inside, worker_process, tor_process})
             t.exit(process, misconfigured);
     }},
};

const Steps<Tree> events = {
    {"start", [](Tree& t) { t.machine.start(t.now, t.out); }},
    {"worker ready", [](Tree& t) { t.machine.on_ready(worker_process, t.out); }},
    {"stranger ready", [](Tree& t) { t.machine.on_ready(inside_process(7), t.out); }},
    {"worker ends", [](Tree& t) { t.exit(worker_process, crashed); }},
    {"worker ends with 2", [](Tree& t) { t.exit(worker_process, misconfigured); }},
    {"inside ends", [](Tree& t) { t.exit(inside, crashed); }},
    {"tor ends", [](Tree& t) { t.exit(tor_process, misconfigured, "no disk"); }},
    {"stranger ends", [](Tree& t) { t.exit(inside_process(7), crashed); }},
    {"worker cannot start",
     [](Tree& t) { t.machine.on_start_failed(worker_process, "fork", t.now, t.out); }},
    {"worker unreachable", [](Tree& t) { t.machine.on_unreachable(worker_process, t.out); }},
    {"stop", [](Tree& t) { t.machine.stop(t.now, t.out); }},
    {"due", [](Tree& t) { t.wait_until_due(); }},
};

TEST(ProcessTree, FollowsItsTableOfStatesAndEvents) {
    const std::string kill_all = "kill inside 0; kill worker; kill tor";
    const std::string kill_worker =
        "stopping → warning: worker did not exit in time; killing it; kill worker";
    const std::string stop =
        "stopping → info: stopping; notify stopping; close listeners; send worker: stop";
    const std::string restart_worker =
        "running → error: worker was killed by signal 9 (Killed); restarting it in 100 ms";
    const std::string stop_others = "stopping → terminate inside 0; terminate tor";
    const std::map<std::string, std::string> starting = {
        {"worker ready", "starting"},
        {"worker ends",
         "stopping → print: worker was killed by signal 9 (Killed) while starting; " + kill_all},
        {"worker ends with 2", "stopping → " + kill_all},
        {"inside ends",
         "stopping → print: inside home was killed by signal 9 (Killed) while starting; " +
             kill_all},
        {"tor ends", "stopping → print: tor ended while starting: no disk; " + kill_all},
        {"worker cannot start", "stopping → print: worker cannot be started: fork; " + kill_all},
        {"stop", stop},
        {"due",
         "stopping → print: the children of sallyport are not ready after 30 s; " + kill_all}};
    auto almost_ready = starting;
    almost_ready["worker ready"] = "running → info: ready; notify ready";
    const Table table = {
        {"idle", {{"start", "starting → start inside 0; start worker; start tor"}}},
        {"starting", starting},
        {"almost ready", almost_ready},
        {"running",
         {{"worker ends", restart_worker},
          {"worker ends with 2",
           "running → error: worker ended with code 2; restarting it in 100 ms"},
          {"inside ends",
           "running → error: inside home was killed by signal 9 (Killed); restarting it in "
           "100 ms"},
          {"tor ends", "running → error: tor ended with code 2; restarting it in 100 ms"},
          {"worker cannot start", "running → error: worker cannot be started: fork"},
          {"stop", stop}}},
        {"worker waits for its start",
         {{"inside ends",
           "running → error: inside home was killed by signal 9 (Killed); restarting it in "
           "100 ms"},
          {"tor ends", "running → error: tor ended with code 2; restarting it in 100 ms"},
          {"stop",
           "stopping → info: stopping; notify stopping; close listeners; terminate inside 0; "
           "terminate tor"},
          {"due", "running → start worker"}}},
        {"stopping the worker",
         {{"worker ends", stop_others},
          {"worker ends with 2", stop_others},
          {"worker cannot start", stop_others},
          {"worker unreachable", kill_worker},
          {"stop", "stopping → " + kill_all},
          {"due", kill_worker}}},
        {"stopping the others",
         {{"stop", "stopping → kill inside 0; kill tor"},
          {"due",
           "stopping → warning: inside home did not exit in time; killing it; kill inside 0; "
           "warning: tor did not exit in time; killing it; kill tor"}}},
        {"stopping the inside",
         {{"inside ends", "stopped → finish 0"},
          {"stop", "stopping → kill inside 0"},
          {"due",
           "stopping → warning: inside home did not exit in time; killing it; kill inside 0"}}},
        {"killing", {{"stop", "stopping → " + kill_all}}},
        {"start failed", {{"stop", "stopping → kill worker; kill tor"}}},
        {"stopped", {}},
    };
    expect_table(states, events, table);
}

TEST(ProcessTree, IsReadyWhenItsLastProcessIsWhateverTheOrder) {
    const ProcessId all[] = {inside, worker_process, tor_process};
    for (int last = 0; last < 3; ++last) {
        Tree tree;
        tree.machine.start(tree.now, tree.out);
        for (int turn = 1; turn <= 3; ++turn) {
            EXPECT_EQ(tree.state(), "starting");
            tree.machine.on_ready(all[(last + turn) % 3], tree.out);
        }
        EXPECT_EQ(tree.state(), "running");
    }
}

TEST(ProcessTree, HasUntilItsTimeoutToStart) {
    Tree tree;
    tree.machine.start(tree.now, tree.out);
    EXPECT_EQ(tree.machine.deadline(), tree.now + 30s);
    tree.machine.on_deadline(tree.now + 30s - 1ns, tree.out);
    EXPECT_EQ(tree.state(), "starting");
    tree.machine.on_deadline(tree.now + 30s, tree.out);
    EXPECT_EQ(tree.state(), "stopping");
}

TEST(ProcessTree, HasNoDeadlineWhileAllRuns) {
    Tree tree;
    tree.run();
    EXPECT_EQ(tree.machine.deadline(), wamp::never);
}

TEST(ProcessTree, GivesTheWorkerAndThenTheOthersTheirGracePeriods) {
    Tree tree;
    tree.stop();
    EXPECT_EQ(tree.machine.deadline(), tree.now + 6s);
    tree.now += 5s;
    tree.exit(worker_process, crashed);
    EXPECT_EQ(tree.machine.deadline(), tree.now + 3s);
}

TEST(ProcessTree, FinishesWithOneAfterAFailedStartWhenTheLastProcessHasEnded) {
    Tree tree;
    tree.machine.start(tree.now, tree.out);
    tree.exit(worker_process, crashed);
    tree.exit(tor_process, crashed);
    tree.take();
    tree.exit(inside, crashed);
    EXPECT_EQ(tree.take(), "finish 1");
}

TEST(ProcessTree, FinishesWithTwoAfterAStartWithAnInvalidConfiguration) {
    Tree tree;
    tree.machine.start(tree.now, tree.out);
    tree.exit(worker_process, misconfigured);
    tree.exit(tor_process, crashed);
    tree.take();
    tree.exit(inside, crashed);
    EXPECT_EQ(tree.take(), "finish 2");
}

TEST(ProcessTree, FinishesWithZeroAfterAnOrderlyStopAndStartsNothingAgain) {
    Tree tree;
    tree.stop();
    tree.take();
    tree.exit(inside, crashed);
    tree.exit(tor_process, crashed);
    EXPECT_EQ(tree.take(), "");
    tree.exit(worker_process, crashed);
    EXPECT_EQ(tree.take(), "finish 0");
    EXPECT_EQ(tree.machine.deadline(), wamp::never);
}

TEST(ProcessTree, CountsAProcessThatCannotBeStartedWhileStoppingAsGone) {
    Tree tree;
    tree.machine.start(tree.now, tree.out);
    tree.machine.on_start_failed(tor_process, "no memory", tree.now, tree.out);
    EXPECT_EQ(tree.take(),
              "start inside 0; start worker; start tor; print: tor cannot be started: no memory; "
              "kill inside 0; kill worker; kill tor");
    tree.exit(inside, crashed);
    tree.exit(worker_process, crashed);
    EXPECT_EQ(tree.take(), "finish 1");
}

TEST(ProcessTree, ForgetsAtItsStopWhatWasToBeStartedAgain) {
    Tree tree;
    tree.run();
    tree.exit(inside, crashed);
    tree.machine.stop(tree.now, tree.out);
    tree.take();
    tree.wait_until_due();
    EXPECT_EQ(tree.take(), "warning: worker did not exit in time; killing it; kill worker");
}

TEST(ProcessTree, KnowsWhichProcessesThereAre) {
    Tree tree;
    EXPECT_FALSE(tree.machine.has_process(inside));
    tree.run();
    EXPECT_TRUE(tree.machine.has_process(inside));
    EXPECT_FALSE(tree.machine.has_process(inside_process(1)));
    tree.exit(inside, crashed);
    EXPECT_FALSE(tree.machine.has_process(inside));
}

}  // namespace
}  // namespace sallyport::gateway::supervision
