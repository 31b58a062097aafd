#include "gateway/supervision/heartbeats.h"

#include <gtest/gtest.h>

#include "tests/unit/gateway/supervision/effect_text.h"
#include "tests/unit/gateway/supervision/machine_table.h"

namespace sallyport::gateway::supervision {
namespace {

using namespace std::chrono_literals;

const ProcessId inside = inside_process(0);

struct Beats {
    std::string state() const {
        if (machine.deadline() == wamp::never) return "silent";
        return machine.all_answer() ? "healthy" : "unhealthy";
    }
    std::string take() {
        const std::string text = text_of(out);
        out.clear();
        return text;
    }
    void pass(unsigned rounds) {
        for (; rounds > 0; --rounds) {
            now += Heartbeats::interval;
            machine.on_deadline(now, out);
        }
    }
    /// Rounds in which the inside and tor answer, and the worker does not.
    void miss(unsigned rounds) {
        for (; rounds > 0; --rounds) {
            pass(1);
            machine.on_answer(inside);
            machine.on_answer(tor_process);
        }
    }
    void start() {
        for (const ProcessId process : {inside, worker_process, tor_process})
            machine.on_started(process, now);
    }
    void answer() {
        pass(1);
        for (const ProcessId process : {inside, worker_process, tor_process})
            machine.on_answer(process);
    }

    wamp::Instant now{100s};
    Outbox out;
    Heartbeats machine{{{inside, "inside home"}, {worker_process, "worker"}, {tor_process, "tor"}}};
};

const Steps<Beats> states = {
    {"not started", [](Beats&) {}},
    {"started", [](Beats& b) { b.start(); }},
    {"answered",
     [](Beats& b) {
         b.start();
         b.answer();
     }},
    {"worker misses",
     [](Beats& b) {
         b.start();
         b.answer();
         b.miss(Heartbeats::missed_max);
     }},
    {"worker misses from its start",
     [](Beats& b) {
         b.start();
         b.miss(Heartbeats::missed_at_start_max);
     }},
    {"worker ended",
     [](Beats& b) {
         b.start();
         b.answer();
         b.machine.on_ended(worker_process);
     }},
    {"stopped",
     [](Beats& b) {
         b.start();
         b.machine.stop();
     }},
};

const Steps<Beats> events = {
    {"worker starts", [](Beats& b) { b.machine.on_started(worker_process, b.now); }},
    {"worker ends", [](Beats& b) { b.machine.on_ended(worker_process); }},
    {"worker answers", [](Beats& b) { b.machine.on_answer(worker_process); }},
    {"a stranger answers", [](Beats& b) { b.machine.on_answer(inside_process(7)); }},
    {"early", [](Beats& b) { b.machine.on_deadline(b.now + 999ms, b.out); }},
    {"due", [](Beats& b) { b.pass(1); }},
    {"due after a gap",
     [](Beats& b) {
         b.now += 1h;
         b.machine.on_deadline(b.now, b.out);
     }},
    {"stop", [](Beats& b) { b.machine.stop(); }},
};

TEST(Heartbeats, FollowTheirTableOfStatesAndEvents) {
    const std::string all = "ping inside 0; ping worker; ping tor";
    const std::string ended = "ping inside 0; error: worker has not answered for ";
    const Table table = {
        {"not started", {{"worker starts", "unhealthy"}}},
        {"started",
         {{"worker ends", "unhealthy"},
          {"due", "healthy → " + all},
          {"due after a gap", "healthy → " + all},
          {"stop", "silent"}}},
        {"answered",
         {{"worker ends", "unhealthy"},
          {"due", "healthy → " + all},
          {"due after a gap", "healthy → " + all},
          {"stop", "silent"}}},
        {"worker misses",
         {{"worker starts", "healthy"},
          {"worker answers", "healthy"},
          {"due", "unhealthy → " + ended + "10 s; ending it; kill worker; ping tor"},
          {"due after a gap", "healthy → " + all},
          {"stop", "silent"}}},
        {"worker misses from its start",
         {{"worker starts", "healthy"},
          {"worker answers", "healthy"},
          {"due", "unhealthy → " + ended + "30 s; ending it; kill worker; ping tor"},
          {"due after a gap", "healthy → " + all},
          {"stop", "silent"}}},
        {"worker ended",
         {{"worker starts", "healthy"},
          {"due", "unhealthy → ping inside 0; ping tor"},
          {"due after a gap", "unhealthy → ping inside 0; ping tor"},
          {"stop", "silent"}}},
        {"stopped", {}},
    };
    expect_table(states, events, table);
}

TEST(Heartbeats, EndAProcessOnceAndNotBeforeItsLimit) {
    Beats beats;
    beats.start();
    beats.answer();
    beats.miss(Heartbeats::missed_max);
    EXPECT_EQ(beats.take().find("kill"), std::string::npos);
    beats.miss(1);
    EXPECT_NE(beats.take().find("kill worker"), std::string::npos);
    beats.miss(100);
    EXPECT_EQ(beats.take().find("kill"), std::string::npos);
}

TEST(Heartbeats, NeverEndAProcessThatAnswersLate) {
    Beats beats;
    beats.start();
    for (int round = 0; round < 100; ++round) {
        beats.miss(Heartbeats::missed_max);
        beats.machine.on_answer(worker_process);
    }
    EXPECT_EQ(beats.take().find("kill"), std::string::npos);
}

TEST(Heartbeats, CountNothingWhileTheMachineSleptHoweverOften) {
    Beats beats;
    beats.start();
    beats.answer();
    for (int nap = 0; nap < 100; ++nap) {
        beats.pass(Heartbeats::missed_max - 1);
        beats.now += Heartbeats::gap + 1ms;
        beats.machine.on_deadline(beats.now, beats.out);
    }
    EXPECT_EQ(beats.take().find("kill"), std::string::npos);
}

TEST(Heartbeats, CountRoundsThatAreALittleLate) {
    Beats beats;
    beats.start();
    beats.answer();
    for (unsigned round = 0; round <= Heartbeats::missed_max; ++round) {
        beats.now += Heartbeats::gap;
        beats.machine.on_deadline(beats.now, beats.out);
    }
    EXPECT_NE(beats.take().find("kill worker"), std::string::npos);
}

TEST(Heartbeats, DoNotCallAWorkerHealthyThatMissesAFew) {
    Beats beats;
    beats.start();
    beats.answer();
    beats.miss(Heartbeats::missed_by_healthy_max);
    EXPECT_TRUE(beats.machine.all_answer());
    beats.miss(1);
    EXPECT_FALSE(beats.machine.all_answer());
    beats.machine.on_answer(worker_process);
    EXPECT_TRUE(beats.machine.all_answer());
    beats.machine.on_ended(tor_process);
    EXPECT_TRUE(beats.machine.all_answer());
}

}  // namespace
}  // namespace sallyport::gateway::supervision
