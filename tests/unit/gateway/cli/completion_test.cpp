#include "gateway/cli/completion.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

using test::ProgramRun;

class CompletionTest : public testing::Test {
protected:
    /// What bash offers for the last of these words.
    std::string offered(const std::string& words) const {
        const std::string command =
            "cd '" + folder_.path() +
            "' && '" SALLYPORT_BUILD_DIR
            "/sallyport' completion bash >script && bash -c '. ./script; COMP_WORDS=(sallyport " +
            words +
            "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _sallyport; "
            "printf \"%s \" \"${COMPREPLY[@]}\"' >offered";
        EXPECT_EQ(std::system(command.c_str()), 0);
        return folder_.read("offered");
    }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(CompletionTest, OffersTheCommandsThatAPersonMayGive) {
    const std::string commands = " " + offered("\"\"");
    for (const char* command : {"serve", "policy", "call", "completion"})
        EXPECT_NE(commands.find(" " + std::string(command) + " "), std::string::npos) << commands;
    for (const char* command : {"top", "services", "ping", "kick", "tail"})
        EXPECT_NE(commands.find(" " + std::string(command) + " "), std::string::npos) << commands;
    EXPECT_EQ(commands.find("worker"), std::string::npos) << commands;
    EXPECT_EQ(offered("policy rol"), "rollback ");
}

TEST_F(CompletionTest, OffersTheOptionsOfTheCommandThatWasGiven) {
    EXPECT_EQ(offered("policy apply --ch"), "--check ");
    EXPECT_EQ(offered("policy rollback --ch"), " ");
    EXPECT_EQ(offered("inside --"), "--help --config --relay --log-level --log-format ")
        << "--channel is for `serve` alone";
}

TEST_F(CompletionTest, OffersTheValuesOfAnOptionAndSkipsThem) {
    EXPECT_EQ(offered("subscribe --match \"\""), "exact prefix wildcard ");
    EXPECT_EQ(offered("subscribe --match prefix --co"), "--count ");
    EXPECT_EQ(offered("top --on"), "--once ");
    EXPECT_EQ(offered("ping --js"), "--json ");
    EXPECT_EQ(offered("kick --re"), "--realm ");
    EXPECT_EQ(offered("completion z"), "zsh ");
}

TEST_F(CompletionTest, OffersFilesWhereTheyAreWanted) {
    folder_.write("observatory.toml", "");
    EXPECT_EQ(offered("policy check obs"), "observatory.toml ");
    EXPECT_EQ(offered("serve --config obs"), "observatory.toml ");
}

TEST_F(CompletionTest, IsPrintedForThreeShells) {
    for (const char* shell : {"bash", "zsh", "fish"}) {
        const ProgramRun script = test::run_program(folder_, "completion " + std::string(shell));
        EXPECT_EQ(script.exit_code, 0);
        EXPECT_NE(script.out.find(std::string(shell) + " completion"), std::string::npos) << shell;
        EXPECT_NE(script.out.find("rollback"), std::string::npos) << shell;
        EXPECT_EQ(script.out.find("worker"), std::string::npos) << shell;
    }
    EXPECT_EQ(test::run_program(folder_, "completion csh").exit_code, 2);
}

}  // namespace
}  // namespace sallyport::gateway
