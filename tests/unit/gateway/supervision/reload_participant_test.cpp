#include "gateway/supervision/reload_participant.h"

#include <gtest/gtest.h>

#include "tests/unit/gateway/supervision/machine_table.h"

namespace sallyport::gateway::supervision {
namespace {

using Kind = ReloadCommand::Kind;

struct Participant {
    std::string state() const { return ""; }
    std::string take() {
        std::string text;
        for (const auto& wanted : out) text += (text.empty() ? "" : "; ") + text_of(wanted);
        out.clear();
        return text;
    }
    static std::string text_of(const ReloadParticipant::Effect& wanted) {
        if (const auto* compile = std::get_if<ReloadParticipant::Compile>(&wanted))
            return "compile " + std::to_string(compile->round);
        if (const auto* commit = std::get_if<ReloadParticipant::Commit>(&wanted))
            return "commit " + std::to_string(commit->round);
        if (const auto* drop = std::get_if<ReloadParticipant::Drop>(&wanted))
            return "drop " + std::to_string(drop->round);
        return "answer " + to_text(std::get<ReloadParticipant::Answer>(wanted).message);
    }
    void command(Kind kind, Round round) { machine.on_command({kind, round}, out); }

    ReloadParticipant machine;
    ReloadParticipant::Outbox out;
};

const Steps<Participant> states = {
    {"idle", [](Participant&) {}},
    {"compiling 1", [](Participant& p) { p.command(Kind::prepare, 1); }},
    {"compiling 1, aborted",
     [](Participant& p) {
         p.command(Kind::prepare, 1);
         p.command(Kind::abort, 1);
     }},
    {"compiling 1, 2 wanted",
     [](Participant& p) {
         p.command(Kind::prepare, 1);
         p.command(Kind::prepare, 2);
     }},
    {"compiled 1",
     [](Participant& p) {
         p.command(Kind::prepare, 1);
         p.machine.on_compiled(1, "x", p.out);
     }},
    {"committed 1",
     [](Participant& p) {
         p.command(Kind::prepare, 1);
         p.machine.on_compiled(1, "x", p.out);
         p.command(Kind::commit, 1);
     }},
};

const Steps<Participant> events = {
    {"prepare 2", [](Participant& p) { p.command(Kind::prepare, 2); }},
    {"prepare 3", [](Participant& p) { p.command(Kind::prepare, 3); }},
    {"commit 1", [](Participant& p) { p.command(Kind::commit, 1); }},
    {"commit 2", [](Participant& p) { p.command(Kind::commit, 2); }},
    {"abort 1", [](Participant& p) { p.command(Kind::abort, 1); }},
    {"abort 2", [](Participant& p) { p.command(Kind::abort, 2); }},
    {"compiled 1", [](Participant& p) { p.machine.on_compiled(1, "x", p.out); }},
    {"compiled 2", [](Participant& p) { p.machine.on_compiled(2, "x", p.out); }},
    {"failed 1", [](Participant& p) { p.machine.on_compile_failed(1, "why", p.out); }},
    {"failed 2", [](Participant& p) { p.machine.on_compile_failed(2, "why", p.out); }},
    {"taken 1", [](Participant& p) { p.machine.on_committed(1, "y", p.out); }},
};

TEST(ReloadParticipant, FollowsItsTableOfStatesAndEvents) {
    // The shell reports what was taken only after it was told to take it.
    const std::pair<const std::string, std::string> taken{"taken 1", " → answer committed 1 y"};
    const Table table = {
        {"idle", {{"prepare 2", " → compile 2"}, {"prepare 3", " → compile 3"}, taken}},
        {"compiling 1",
         {{"compiled 1", " → answer prepared 1 x"},
          {"failed 1", " → answer refused 1 why"},
          taken}},
        {"compiling 1, aborted", {{"compiled 1", " → drop 1"}, taken}},
        {"compiling 1, 2 wanted",
         {{"compiled 1", " → drop 1; compile 2"}, {"failed 1", " → compile 2"}, taken}},
        {"compiled 1",
         {{"prepare 2", " → drop 1; compile 2"},
          {"prepare 3", " → drop 1; compile 3"},
          {"commit 1", " → commit 1"},
          {"abort 1", " → drop 1"},
          taken}},
        {"committed 1", {{"prepare 2", " → compile 2"}, {"prepare 3", " → compile 3"}, taken}},
    };
    expect_table(states, events, table);
}

TEST(ReloadParticipant, CompilesOnlyTheLastVersionThatWasWantedMeanwhile) {
    Participant one;
    for (Round round = 1; round <= 4; ++round) one.command(Kind::prepare, round);
    one.machine.on_compiled(1, "first", one.out);
    one.machine.on_compiled(4, "last", one.out);
    EXPECT_EQ(one.take(), "compile 1; drop 1; compile 4; answer prepared 4 last");
}

TEST(ReloadParticipant, CommitsARoundOnceAndNeverAfterItsAbort) {
    Participant one;
    one.command(Kind::prepare, 1);
    one.machine.on_compiled(1, "x", one.out);
    one.command(Kind::commit, 1);
    one.command(Kind::commit, 1);
    EXPECT_EQ(one.take(), "compile 1; answer prepared 1 x; commit 1");
    one.command(Kind::prepare, 2);
    one.machine.on_compiled(2, "x", one.out);
    one.command(Kind::abort, 2);
    one.command(Kind::commit, 2);
    EXPECT_EQ(one.take(), "compile 2; answer prepared 2 x; drop 2");
}

}  // namespace
}  // namespace sallyport::gateway::supervision
