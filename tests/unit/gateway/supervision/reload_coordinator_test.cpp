#include "gateway/supervision/reload_coordinator.h"

#include <gtest/gtest.h>

#include "tests/unit/gateway/supervision/effect_text.h"
#include "tests/unit/gateway/supervision/machine_table.h"

namespace sallyport::gateway::supervision {
namespace {

using namespace std::chrono_literals;

const ProcessId inside = inside_process(0);

/// A coordinator with an inside and the worker, both running; the rounds of the table are round 2.
struct Reload {
    Reload() {
        machine.on_started(inside, out);
        machine.on_started(worker_process, out);
        // A round that went before, so that there are answers to an older one.
        machine.on_command(1, "apply", out);
        machine.on_version_unreadable(1, "why", out);
        out.clear();
    }

    std::string state() const {
        switch (machine.state()) {
            case ReloadCoordinator::State::idle:
                return "idle";
            case ReloadCoordinator::State::reading:
                return "reading";
            case ReloadCoordinator::State::preparing:
                return "preparing";
            case ReloadCoordinator::State::committing:
                return "committing";
            case ReloadCoordinator::State::stopped:
                break;
        }
        return "stopped";
    }
    std::string take() {
        const std::string text = text_of(out);
        out.clear();
        return text;
    }
    void begin(std::string_view line) { machine.on_command(7, line, out); }
    void read(const std::string& notes = "") { machine.on_version_read(2, notes, now, out); }
    void prepared(ProcessId from, Round round = 2) {
        machine.on_message(from, message::Prepared{round, "would"}, now, out);
    }
    void refused(ProcessId from, Round round = 2) {
        machine.on_message(from, message::Refused{round, "line 3: no"}, now, out);
    }
    void committed(ProcessId from, Round round = 2) {
        machine.on_message(from, message::Committed{round, "did"}, now, out);
    }
    void prepare(std::string_view line) {
        begin(line);
        read();
    }
    void adopted(const std::string& why_not_stored = "") {
        machine.on_version_adopted(2, why_not_stored, out);
    }
    void commit() {
        prepare("apply");
        prepared(inside);
        prepared(worker_process);
        adopted();
    }
    void wait_until_due() {
        if (machine.deadline() != wamp::never) now = machine.deadline();
        machine.on_deadline(now, out);
    }

    wamp::Instant now{100s};
    Outbox out;
    ReloadCoordinator machine{{{inside, "inside home"}, {worker_process, "worker"}}};
};

const Steps<Reload> states = {
    {"idle", [](Reload&) {}},
    {"reading", [](Reload& r) { r.begin("apply"); }},
    {"preparing", [](Reload& r) { r.prepare("apply"); }},
    {"half prepared",
     [](Reload& r) {
         r.prepare("apply");
         r.prepared(inside);
     }},
    {"half checked",
     [](Reload& r) {
         r.prepare("check");
         r.prepared(inside);
     }},
    {"committing", [](Reload& r) { r.commit(); }},
    {"half committed",
     [](Reload& r) {
         r.commit();
         r.committed(inside);
     }},
    {"killed",
     [](Reload& r) {
         r.commit();
         r.wait_until_due();
     }},
    {"stopped", [](Reload& r) { r.machine.stop(r.out); }},
};

const Steps<Reload> events = {
    {"apply", [](Reload& r) { r.begin("apply"); }},
    {"check", [](Reload& r) { r.begin("check"); }},
    {"rollback", [](Reload& r) { r.begin("rollback"); }},
    {"nonsense", [](Reload& r) { r.begin("frobnicate"); }},
    {"hangup", [](Reload& r) { r.machine.on_hangup(r.out); }},
    {"read", [](Reload& r) { r.read("note|"); }},
    {"old read", [](Reload& r) { r.machine.on_version_read(1, "", r.now, r.out); }},
    {"unreadable", [](Reload& r) { r.machine.on_version_unreadable(2, "line 1: no", r.out); }},
    {"none before", [](Reload& r) { r.machine.on_no_previous_version(2, r.out); }},
    {"worker prepared", [](Reload& r) { r.prepared(worker_process); }},
    {"inside prepared", [](Reload& r) { r.prepared(inside); }},
    {"worker prepared before", [](Reload& r) { r.prepared(worker_process, 1); }},
    {"stranger prepared", [](Reload& r) { r.prepared(inside_process(9)); }},
    {"worker refused", [](Reload& r) { r.refused(worker_process); }},
    {"worker refused before", [](Reload& r) { r.refused(worker_process, 1); }},
    {"worker committed", [](Reload& r) { r.committed(worker_process); }},
    {"worker committed before", [](Reload& r) { r.committed(worker_process, 1); }},
    {"worker ends", [](Reload& r) { r.machine.on_exit(worker_process, r.now, r.out); }},
    {"inside ends", [](Reload& r) { r.machine.on_exit(inside, r.now, r.out); }},
    {"tor ends", [](Reload& r) { r.machine.on_exit(tor_process, r.now, r.out); }},
    {"inside starts", [](Reload& r) { r.machine.on_started(inside, r.out); }},
    {"tor starts", [](Reload& r) { r.machine.on_started(tor_process, r.out); }},
    {"adopted", [](Reload& r) { r.adopted(); }},
    {"adopted before", [](Reload& r) { r.machine.on_version_adopted(1, "full", r.out); }},
    {"worker unreachable",
     [](Reload& r) { r.machine.on_unreachable(worker_process, r.now, r.out); }},
    {"early", [](Reload& r) { r.machine.on_deadline(r.now, r.out); }},
    {"due", [](Reload& r) { r.wait_until_due(); }},
    {"stop", [](Reload& r) { r.machine.stop(r.out); }},
};

const std::string abort_all = "send inside 0: abort 2; send worker: abort 2; discard 2; ";

std::string refusal(const std::string& why) {
    return "error: " + why +
           "; error: the policy was not reloaded: the running version stays active; reply 7: 1 " +
           why + "|nothing was changed: the running version stays active|";
}

/// The rows of states in which every request gets the same answer.
std::map<std::string, std::string> answering(const std::string& state, const std::string& answer,
                                             std::map<std::string, std::string> own) {
    for (const char* line : {"apply", "check", "rollback"})
        own.insert({line, state + " → reply 7: 1 " + answer});
    own.insert({"nonsense", state + " → reply 7: 2 unknown command|"});
    return own;
}

std::map<std::string, std::string> busy(const std::string& state,
                                        std::map<std::string, std::string> own) {
    return answering(state, "another reload is under way; try again|", std::move(own));
}

/// The rows of the states before the decision to commit.
Table table_until_commit() {
    const auto aborted = [](const std::string& why) {
        return "idle → " + abort_all + refusal(why);
    };
    const std::string adopt =
        "committing → adopt 2; send inside 0: commit 2; send worker: commit 2";
    const std::map<std::string, std::string> preparing = {
        {"worker refused", aborted("worker: line 3: no")},
        // With the previous version, so it has to prepare this one.
        {"inside starts", "preparing → send inside 0: prepare 2"},
        {"worker unreachable",
         "preparing → warning: worker: does not read the new policy; killing it; kill worker"},
        {"due", aborted("no answer in time from worker")},
        {"stop", "stopped → " + abort_all + refusal("sallyport is stopping")}};
    auto all_pending = preparing;
    all_pending["due"] = aborted("no answer in time from worker, inside home");
    auto half_prepared = preparing;
    half_prepared["worker prepared"] = adopt;
    half_prepared["worker ends"] = "committing → adopt 2; send inside 0: commit 2";
    auto half_checked = preparing;
    half_checked["worker prepared"] =
        "idle → " + abort_all + "reply 7: 0 inside home: would|worker: would|";
    half_checked["worker ends"] =
        "idle → send inside 0: abort 2; discard 2; reply 7: 0 inside home: would|worker: is not "
        "running; it would start with this version|";
    return {
        {"idle",
         {{"apply", "reading → read 2"},
          {"check", "reading → read 2"},
          {"rollback", "reading → read 2 previous"},
          {"nonsense", "idle → reply 7: 2 unknown command|"},
          {"hangup", "reading → read 2"},
          {"stop", "stopped"}}},
        {"reading",
         busy("reading", {{"read", "preparing → send inside 0: prepare 2; send worker: prepare 2"},
                          {"unreadable", "idle → " + refusal("line 1: no")},
                          {"none before", "idle → reply 7: 1 there is no previous version|"},
                          {"stop", "stopped → " + refusal("sallyport is stopping")}})},
        {"preparing", busy("preparing", all_pending)},
        {"half prepared", busy("preparing", half_prepared)},
        {"half checked", busy("preparing", half_checked)},
    };
}

/// The rows of the states after it.
Table table_from_commit() {
    const std::string inside_first =
        "info: policy reloaded: inside home: did; info: worker: did; reply 7: 0 inside home: "
        "did|worker: did|";
    const std::string kill_worker =
        "committing → warning: worker: did not switch to the new policy; "
        "killing it; kill worker";
    return {
        {"committing",
         busy("committing",
              {{"worker unreachable", kill_worker},
               {"due",
                "committing → warning: worker: did not switch to the new policy; killing it; kill "
                "worker; warning: inside home: did not switch to the new policy; killing it; kill "
                "inside 0"},
               {"stop",
                "stopped → info: policy reloaded: worker: is stopping and has not answered yet; "
                "info: inside home: is stopping and has not answered yet; reply 7: 0 worker: is "
                "stopping and has not answered yet|inside home: is stopping and has not answered "
                "yet|"}})},
        {"half committed",
         busy("committing",
              {{"worker committed", "idle → " + inside_first},
               {"worker ends",
                "idle → info: policy reloaded: inside home: did; info: worker: has ended; it "
                "will restart with this version; reply 7: 0 inside home: did|worker: has ended; it "
                "will restart with this version|"},
               {"worker unreachable", kill_worker},
               {"due", kill_worker},
               {"stop",
                "stopped → info: policy reloaded: inside home: did; info: worker: is stopping and "
                "has not answered yet; reply 7: 0 inside home: did|worker: is stopping and has not "
                "answered yet|"}})},
        {"killed",
         busy("committing",
              {{"due",
                "idle → info: policy reloaded: worker: was killed and has not ended yet; info: "
                "inside home: was killed and has not ended yet; reply 7: 1 worker: was killed and "
                "has not ended yet|inside home: was killed and has not ended yet|"},
               {"stop",
                "stopped → info: policy reloaded: worker: is stopping and has not answered yet; "
                "info: inside home: is stopping and has not answered yet; reply 7: 0 worker: is "
                "stopping and has not answered yet|inside home: is stopping and has not answered "
                "yet|"}})},
        {"stopped", answering("stopped", "sallyport is stopping; try again|", {})},
    };
}

Table coordinator_table() {
    Table table = table_until_commit();
    table.merge(table_from_commit());
    return table;
}

TEST(ReloadCoordinator, FollowsItsTableOfStatesAndEvents) {
    expect_table(states, events, coordinator_table());
}

TEST(ReloadCoordinator, CommitsOnlyWhenAllHavePreparedAndIsDoneOnlyWhenAllHaveCommitted) {
    Reload reload;
    reload.prepare("apply");
    reload.prepared(inside);
    reload.prepared(inside);  // says it twice
    EXPECT_EQ(reload.state(), "preparing");
    reload.prepared(worker_process);
    EXPECT_EQ(reload.state(), "committing");
    reload.adopted();
    reload.committed(inside);
    reload.committed(inside);
    EXPECT_EQ(reload.state(), "committing");
    reload.take();
    reload.committed(worker_process);
    EXPECT_EQ(reload.take(),
              "info: policy reloaded: inside home: did; info: worker: did; reply 7: 0 inside home: "
              "did|worker: did|");
}

TEST(ReloadCoordinator, GoesOnWithoutAParticipantThatEnds) {
    Reload reload;
    reload.prepare("apply");
    reload.prepared(inside);
    reload.machine.on_exit(inside, reload.now, reload.out);
    reload.take();
    reload.prepared(worker_process);
    EXPECT_EQ(reload.take(), "adopt 2; send worker: commit 2");
    reload.adopted();
    reload.committed(worker_process);
    EXPECT_EQ(reload.take(),
              "info: policy reloaded: inside home: is not running; it will start with this version"
              "; info: worker: did; reply 7: 0 inside home: is not running; it will start with "
              "this version|worker: did|");
}

TEST(ReloadCoordinator, HasAParticipantPrepareThatStartsAgainBeforeTheDecision) {
    // It is started with the previous version, and its commit would commit nothing.
    Reload reload;
    reload.prepare("apply");
    reload.prepared(inside);
    reload.machine.on_exit(inside, reload.now, reload.out);
    reload.machine.on_started(inside, reload.out);
    reload.take();
    reload.prepared(worker_process);
    EXPECT_EQ(reload.take(), "") << "the inside has not prepared";
    reload.prepared(inside);
    EXPECT_EQ(reload.take(), "adopt 2; send inside 0: commit 2; send worker: commit 2");
}

TEST(ReloadCoordinator, GoesOnWithoutAParticipantThatCannotBeReached) {
    Reload reload;
    reload.prepare("apply");
    reload.prepared(worker_process);
    reload.machine.on_unreachable(inside, reload.now, reload.out);
    reload.take();
    reload.machine.on_exit(inside, reload.now, reload.out);
    EXPECT_EQ(reload.take(), "adopt 2; send worker: commit 2");
}

TEST(ReloadCoordinator, AppliesAVersionThatCannotBeStoredAndSaysSo) {
    for (const bool last : {false, true}) {
        Reload reload;
        reload.prepare("apply");
        reload.prepared(inside);
        reload.prepared(worker_process);
        reload.take();
        reload.committed(inside);
        if (last) reload.committed(worker_process);
        EXPECT_EQ(reload.state(), "committing") << "not adopted yet";
        reload.adopted("state/policy: No space left on device");
        if (!last) reload.committed(worker_process);
        const std::string answer = reload.take();
        EXPECT_TRUE(
            answer.starts_with("error: cannot store the running policy: state/policy: No "
                               "space left on device; "))
            << answer;
        EXPECT_TRUE(answer.ends_with(
            "reply 7: 3 inside home: did|worker: did|the policy is active, but it cannot be "
            "stored: state/policy: No space left on device|correct this and apply it again: after "
            "a restart, a rollback would return to an older version|"))
            << answer;
        // The next one is a round of its own.
        reload.begin("apply");
        reload.machine.on_version_read(3, "", reload.now, reload.out);
        reload.prepared(inside, 3);
        reload.prepared(worker_process, 3);
        reload.machine.on_version_adopted(3, "", reload.out);
        reload.committed(inside, 3);
        reload.take();
        reload.committed(worker_process, 3);
        EXPECT_TRUE(reload.take().ends_with("reply 7: 0 inside home: did|worker: did|"));
    }
}

TEST(ReloadCoordinator, SaysThatAVersionIsNotStoredHoweverTheRoundEnds) {
    Reload stopping;
    stopping.prepare("apply");
    stopping.prepared(inside);
    stopping.prepared(worker_process);
    stopping.adopted("full");
    stopping.machine.stop(stopping.out);
    EXPECT_NE(stopping.take().find("reply 7: 3 "), std::string::npos);
}

TEST(ReloadCoordinator, WaitsForAKilledParticipantToEndBeforeItTellsThatAllHaveTheVersion) {
    Reload reload;
    reload.commit();
    reload.committed(inside);
    EXPECT_EQ(reload.machine.deadline(), reload.now + 15s);
    reload.wait_until_due();
    EXPECT_EQ(reload.machine.deadline(), reload.now + 5s);
    EXPECT_EQ(reload.state(), "committing");
    reload.take();
    reload.machine.on_exit(worker_process, reload.now, reload.out);
    EXPECT_EQ(reload.take(),
              "info: policy reloaded: inside home: did; info: worker: did not answer and was "
              "killed; it will restart with this version; reply 7: 0 inside home: did|worker: did "
              "not answer and was killed; it will restart with this version|");
}

TEST(ReloadCoordinator, KillsNoProcessTwice) {
    Reload reload;
    reload.commit();
    reload.machine.on_unreachable(worker_process, reload.now, reload.out);
    reload.machine.on_unreachable(worker_process, reload.now, reload.out);
    reload.take();
    reload.wait_until_due();
    EXPECT_EQ(reload.take(),
              "warning: inside home: did not switch to the new policy; killing it; kill inside 0");
}

TEST(ReloadCoordinator, TakesACommitThatComesJustBeforeTheKill) {
    Reload reload;
    reload.commit();
    reload.wait_until_due();
    reload.committed(worker_process);
    reload.committed(inside);
    EXPECT_EQ(reload.state(), "idle");
}

TEST(ReloadCoordinator, AppliesAndChecksWhileAParticipantIsDown) {
    const std::map<std::string, std::string> due = {
        {"apply", "adopt 2; send worker: commit 2"},
        {"check",
         "send worker: abort 2; discard 2; reply 7: 0 worker: would|inside home: is not running; "
         "it would start with this version|"}};
    for (const auto& [line, answer] : due) {
        Reload reload;
        reload.machine.on_exit(inside, reload.now, reload.out);
        reload.begin(line);
        reload.take();
        reload.read();
        EXPECT_EQ(reload.take(), "send worker: prepare 2");
        reload.prepared(worker_process);
        EXPECT_EQ(reload.take(), answer);
    }
}

TEST(ReloadCoordinator, AppliesWhileNoParticipantIsRunning) {
    Reload reload;
    reload.machine.on_exit(inside, reload.now, reload.out);
    reload.machine.on_exit(worker_process, reload.now, reload.out);
    reload.begin("apply");
    reload.take();
    reload.read();
    EXPECT_EQ(reload.take(), "adopt 2");
    reload.adopted();
    EXPECT_TRUE(reload.take().ends_with(
        "reply 7: 0 inside home: is not running; it will start with this version|worker: is not "
        "running; it will start with this version|"));
}

TEST(ReloadCoordinator, HasUntilItsTimeoutToPrepare) {
    Reload reload;
    reload.prepare("apply");
    EXPECT_EQ(reload.machine.deadline(), reload.now + 30s);
    reload.machine.on_deadline(reload.now + 30s - 1ns, reload.out);
    EXPECT_EQ(reload.state(), "preparing");
    reload.machine.on_deadline(reload.now + 30s, reload.out);
    EXPECT_EQ(reload.state(), "idle");
    EXPECT_EQ(reload.machine.deadline(), wamp::never);
}

TEST(ReloadCoordinator, AnswersWithinTheMinuteThatTheCommandLineWaits) {
    using Coordinator = ReloadCoordinator;
    EXPECT_LT(
        Coordinator::prepare_timeout + Coordinator::commit_timeout + Coordinator::kill_timeout,
        60s);
}

TEST(ReloadCoordinator, AddsTheNotesOfReadingToWhateverItAnswers) {
    for (const char* line : {"apply", "check"}) {
        Reload reload;
        reload.begin(line);
        reload.read("gateway.toml has changed\n");
        reload.take();
        reload.refused(worker_process);
        const std::string answer = reload.take();
        EXPECT_TRUE(answer.ends_with("running version stays active|gateway.toml has changed|"))
            << answer;
    }
}

TEST(ReloadCoordinator, RollsBackLikeAnyOtherVersionAndSaysThatTheFilesAreNewer) {
    Reload reload;
    reload.begin("rollback");
    reload.take();
    reload.read();
    EXPECT_EQ(reload.take(),
              "warning: returning to the previous version of the policy; its files on disk are "
              "newer; send inside 0: prepare 2; send worker: prepare 2");
}

TEST(ReloadCoordinator, LogsEachLineOfAnError) {
    Reload reload;
    reload.begin("apply");
    reload.take();
    reload.machine.on_version_unreadable(2, "a: one\nb: two", reload.out);
    EXPECT_EQ(
        reload.take(),
        "error: a: one; error: b: two; error: the policy was not reloaded: the running version "
        "stays "
        "active; reply 7: 1 a: one|b: two|nothing was changed: the running version stays active|");
}

TEST(ReloadCoordinator, ReadsOnceMoreForHangupsDuringAReload) {
    Reload reload;
    reload.prepare("apply");
    reload.machine.on_hangup(reload.out);
    reload.machine.on_hangup(reload.out);
    reload.take();
    reload.refused(worker_process);
    EXPECT_TRUE(reload.take().ends_with("running version stays active|; read 3"));
    EXPECT_EQ(reload.state(), "reading");
    reload.machine.on_version_unreadable(3, "no", reload.out);
    EXPECT_EQ(reload.take(),
              "error: no; error: the policy was not reloaded: the running version stays active")
        << "nobody waits for an answer";
    EXPECT_EQ(reload.state(), "idle");
}

TEST(ReloadCoordinator, ForgetsAHangupWhenItIsStopped) {
    Reload reload;
    reload.prepare("apply");
    reload.machine.on_hangup(reload.out);
    reload.machine.stop(reload.out);
    EXPECT_EQ(reload.state(), "stopped");
    EXPECT_EQ(reload.take().find("read 3"), std::string::npos);
}

TEST(ReloadCoordinator, TakesOnlyAnswersOfParticipantsForItsOwn) {
    Reload reload;
    for (const Message& answer :
         {Message(message::Prepared{9, ""}), Message(message::Refused{9, ""}),
          Message(message::Committed{9, ""})}) {
        EXPECT_TRUE(reload.machine.on_message(inside, answer, reload.now, reload.out));
    }
    for (const Message& other : {Message(message::Ready{}), Message(message::DialRequest{1})})
        EXPECT_FALSE(reload.machine.on_message(inside, other, reload.now, reload.out));
}

TEST(ReloadCoordinator, TellsOfOnlyOneParticipantWithoutAName) {
    ReloadCoordinator machine{{{inside, ""}}};
    Outbox out;
    machine.on_started(inside, out);
    machine.on_command(1, "apply", out);
    machine.on_version_read(1, "", wamp::Instant{}, out);
    machine.on_message(inside, message::Prepared{1, "would"}, wamp::Instant{}, out);
    machine.on_version_adopted(1, "", out);
    out.clear();
    machine.on_message(inside, message::Committed{1, "did"}, wamp::Instant{}, out);
    EXPECT_EQ(text_of(out), "info: policy reloaded: did; reply 1: 0 did|");
    machine.on_command(2, "apply", out);
    machine.on_version_read(2, "", wamp::Instant{}, out);
    out.clear();
    machine.on_deadline(machine.deadline(), out);
    EXPECT_NE(text_of(out).find("error: no answer in time; "), std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway::supervision
