#include "gateway/cli/principal_command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

namespace fs = std::filesystem;
using test::ProgramRun;

class PrincipalCommandTest : public testing::Test {
protected:
    ProgramRun run(const std::string& arguments, const std::string& input = "") const {
        return test::run_program(folder_, "principal " + arguments, input);
    }
    bool lists(const std::string& text) const {
        return run("list people.toml").out.find(text) != std::string::npos;
    }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(PrincipalCommandTest, AddMakesAPrivateFileAndPrintsTheSecretOnce) {
    const ProgramRun added = run("add people.toml alice --role operator");
    EXPECT_EQ(added.exit_code, 0) << added.err;
    EXPECT_NE(added.out, "");
    EXPECT_EQ(fs::status(folder_.path("people.toml")).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_TRUE(lists("alice"));
    const ProgramRun again = run("add people.toml alice --role operator");
    EXPECT_EQ(again.exit_code, 1);
    EXPECT_EQ(again.out, "");
}

TEST_F(PrincipalCommandTest, AddTakesASecretFromStdin) {
    const ProgramRun added =
        run("add people.toml bob --role guest --method wampcra --stdin", "a long enough secret\n");
    EXPECT_EQ(added.exit_code, 0) << added.err;
    EXPECT_EQ(added.out.find("a long enough secret"), std::string::npos) << added.out;
    EXPECT_TRUE(lists("bob"));
}

TEST_F(PrincipalCommandTest, RotateReplacesTheSecret) {
    run("add people.toml alice --role operator");
    const std::string before = folder_.read("people.toml");
    EXPECT_EQ(run("rotate people.toml alice").exit_code, 0);
    EXPECT_NE(folder_.read("people.toml"), before);
    EXPECT_EQ(run("rotate people.toml nobody").exit_code, 1);
}

TEST_F(PrincipalCommandTest, DisableAndEnableAreShownByList) {
    run("add people.toml alice --role operator");
    const std::string enabled = run("list people.toml").out;
    EXPECT_EQ(run("disable people.toml alice").exit_code, 0);
    EXPECT_TRUE(lists("disabled"));
    EXPECT_EQ(run("enable people.toml alice").exit_code, 0);
    EXPECT_EQ(run("list people.toml").out, enabled);
    EXPECT_NE(run("list people.toml --json").out.find("\"authid\":\"alice\""), std::string::npos);
}

TEST_F(PrincipalCommandTest, TheFileOfARedirectedSecretIsPrivate) {
    ASSERT_EQ(std::system(("umask 022; '" SALLYPORT_BUILD_DIR "/sallyport' principal add '" +
                           folder_.path("people.toml") + "' alice --role operator >'" +
                           folder_.path("alice.ticket") + "' 2>/dev/null")
                              .c_str()),
              0);
    EXPECT_EQ(fs::status(folder_.path("alice.ticket")).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(PrincipalCommandTest, AddSaysThatNoPolicyNamesTheFileAndWhatMakesAChangeTakeEffect) {
    folder_.write("lab.toml", "[auth]\n# principals = \"people.toml\"\n");
    const ProgramRun unnamed = run("add people.toml alice --role operator");
    EXPECT_NE(unnamed.err.find("principals = \"people.toml\""), std::string::npos) << unnamed.err;
    EXPECT_NE(unnamed.err.find("sallyport policy apply"), std::string::npos) << unnamed.err;
    folder_.write("lab.toml", "[auth]\nprincipals = \"people.toml\"\n");
    EXPECT_EQ(run("add people.toml bob --role operator").err.find("nobody in it"),
              std::string::npos);
    EXPECT_NE(run("disable people.toml bob").err.find("sallyport policy apply"), std::string::npos);
}

TEST_F(PrincipalCommandTest, RoleAndRemoveChangeOnePrincipal) {
    run("add people.toml alice --role operator");
    run("add people.toml bob --role guest");
    EXPECT_EQ(run("role people.toml bob operator").exit_code, 0);
    EXPECT_EQ(run("role people.toml bob gateway").exit_code, 2);
    EXPECT_EQ(run("role people.toml carol operator").exit_code, 1);
    EXPECT_TRUE(lists("bob    operator"));
    const std::string both = folder_.read("people.toml");
    EXPECT_EQ(run("remove people.toml alice").exit_code, 0);
    EXPECT_FALSE(lists("alice"));
    EXPECT_TRUE(lists("bob"));
    EXPECT_EQ(run("remove people.toml alice").exit_code, 1);
    EXPECT_LT(folder_.read("people.toml").size(), both.size());
}

TEST_F(PrincipalCommandTest, TwoSecretsAreToldApart) {
    const ProgramRun added =
        run("add people.toml alice --role r --method ticket --method cryptosign");
    EXPECT_NE(added.out.find("secret       "), std::string::npos) << added.out;
    EXPECT_NE(added.out.find("private key  "), std::string::npos) << added.out;
}

TEST_F(PrincipalCommandTest, CommandsAtOnceWaitForEachOther) {
    std::string command;
    for (int i = 0; i < 8; ++i) {
        command += "'" SALLYPORT_BUILD_DIR "/sallyport' principal add '" +
                   folder_.path("people.toml") + "' p" + std::to_string(i) +
                   " --role guest >/dev/null 2>&1 & ";
    }
    ASSERT_EQ(std::system((command + "wait").c_str()), 0);
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(lists("p" + std::to_string(i))) << i;
}

TEST_F(PrincipalCommandTest, ExitsWith2WhenTheQuestionOrTheFileIsNotSound) {
    EXPECT_EQ(run("list none.toml").exit_code, 2);
    EXPECT_EQ(run("add people.toml alice --role r --method rot13").exit_code, 2);
    EXPECT_EQ(run("add none/people.toml alice --role r").exit_code, 2);
    EXPECT_FALSE(fs::exists(folder_.path("people.toml")));
    folder_.write("broken.toml", "[[principal]\n");
    EXPECT_EQ(run("add broken.toml alice --role r").exit_code, 2);
    EXPECT_EQ(folder_.read("broken.toml"), "[[principal]\n");
}

}  // namespace
}  // namespace sallyport::gateway
