#include "gateway/programs/local_reload.h"

#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace sallyport::gateway {
namespace {

PolicyVersion version(const std::string& text) {
    PolicyVersion version;
    version.add("policy.toml", text);
    return version;
}

/// A program that runs the version "first", with `text` on disk.
struct Program {
    test::TemporaryFolder folder;
    boost::asio::io_context io;
    std::string text = "second";
    std::string note;
    std::vector<std::string> taken;
    std::string compiled;
    std::vector<std::string> answers;
    LocalReload reload{io,
                       VersionStore(folder.path(), version("first")),
                       [this](const PolicyVersion& running, std::string& notes) {
                           EXPECT_NE(running.find("policy.toml"), nullptr);
                           notes = note;
                           return [this] { return version(text); };
                       },
                       {[this](const PolicyVersion& next) -> ParticipantShell::Realms {
                            if (*next.find("policy.toml") == "bad")
                                throw std::runtime_error("line 1: bad");
                            compiled = *next.find("policy.toml");
                            return {};
                        },
                        [](const ParticipantShell::Realms&) { return "would change"; },
                        [this](const ParticipantShell::Realms&) {
                            taken.push_back(compiled);
                            return "has changed";
                        }}};

    void command(const char* line) {
        reload.on_command(line, [this](int code, std::string_view answer) {
            answers.push_back(std::to_string(code) + " " + std::string(answer));
        });
    }
    std::string answer_to(const char* line) {
        command(line);
        return next_answer();
    }
    std::string next_answer() {
        while (answers.empty()) {
            io.run_one();
            io.restart();
        }
        const std::string first = answers.front();
        answers.erase(answers.begin());
        return first;
    }
    /// The policy that a restart would find as the one that ran last.
    std::string stored() const {
        const auto last = stored_version(running_version_folder(folder.path()));
        return last ? *last->find("policy.toml") : "";
    }
};

TEST(LocalReload, TakesTheFilesAsTheyAreNowAndStoresThem) {
    Program program;
    program.note = "inside.toml has changed\n";
    EXPECT_EQ(program.answer_to("apply"), "0 has changed\ninside.toml has changed\n");
    EXPECT_EQ(program.taken, std::vector<std::string>{"second"});
    EXPECT_EQ(program.stored(), "second");
}

TEST(LocalReload, ChecksWithoutTaking) {
    Program program;
    EXPECT_EQ(program.answer_to("check"), "0 would change\n");
    EXPECT_TRUE(program.taken.empty());
    EXPECT_EQ(program.stored(), "first");
}

TEST(LocalReload, RefusesABadVersionAndStaysWithTheOneBefore) {
    Program program;
    program.text = "bad";
    EXPECT_EQ(program.answer_to("apply"),
              "1 line 1: bad\nnothing was changed: the running version stays active\n");
    EXPECT_TRUE(program.taken.empty());
    EXPECT_EQ(program.stored(), "first");
}

TEST(LocalReload, RollsBackAndForth) {
    Program program;
    EXPECT_EQ(program.answer_to("rollback"), "1 there is no previous version\n");
    program.answer_to("apply");
    EXPECT_EQ(program.answer_to("rollback"), "0 has changed\n");
    EXPECT_EQ(program.answer_to("rollback"), "0 has changed\n");
    EXPECT_EQ(program.taken, (std::vector<std::string>{"second", "first", "second"}));
}

TEST(LocalReload, AnswersEachOfTwoRequestsAtTheSameTime) {
    Program program;
    program.command("apply");
    program.command("apply");
    EXPECT_EQ(program.next_answer(), "1 another reload is under way; try again\n");
    EXPECT_EQ(program.next_answer(), "0 has changed\n");
    EXPECT_EQ(program.taken.size(), 1U);
}

TEST(LocalReload, ReadsAgainAfterAHangupDuringAReload) {
    Program program;
    program.command("apply");
    program.reload.on_hangup();
    program.next_answer();
    while (program.taken.size() < 2) {
        program.io.run_one();
        program.io.restart();
    }
}

TEST(LocalReload, AnswersWhenItIsStopped) {
    Program program;
    program.command("apply");
    program.reload.stop();
    EXPECT_EQ(program.next_answer(),
              "1 sallyport is stopping\nnothing was changed: the running version stays active\n");
}

}  // namespace
}  // namespace sallyport::gateway
