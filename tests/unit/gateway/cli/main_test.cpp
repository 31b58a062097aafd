// The program itself: which command a command line means, and how it fails.
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

using test::ProgramRun;

class MainTest : public testing::Test {
protected:
    ProgramRun run(const std::string& arguments) const {
        return test::run_program(folder_, arguments);
    }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(MainTest, PrintsItsVersionAndItsCommands) {
    const std::string version = run("--version").out;
    EXPECT_TRUE(std::regex_match(
        version, std::regex(R"(sallyport \d+\.\d+\.\d+( \([0-9a-f]{12}(, changed)?\))?\n)")))
        << version;
    const ProgramRun help = run("--help");
    EXPECT_EQ(help.exit_code, 0);
    for (const char* command : {"serve", "inside", "status", "policy", "principal", "call",
                                "publish", "subscribe", "register", "link", "completion"})
        EXPECT_NE(help.out.find("\n  " + std::string(command) + " "), std::string::npos) << command;
    EXPECT_EQ(help.out.find("worker"), std::string::npos) << "only `serve` starts it";
}

TEST_F(MainTest, ExitsWith2WhenTheCommandLineIsWrong) {
    for (const char* arguments : {"", "nonsense", "status --nonsense", "policy", "worker"}) {
        const ProgramRun wrong = run(arguments);
        EXPECT_EQ(wrong.exit_code, 2) << arguments;
        EXPECT_EQ(wrong.out, "") << arguments;
        EXPECT_NE(wrong.err, "") << arguments;
    }
}

TEST_F(MainTest, ExitsWith2AndOneLineWhenAFileIsMissing) {
    for (const char* command : {"serve", "inside", "status"}) {
        const ProgramRun missing = run(std::string(command) + " --config none.toml");
        EXPECT_EQ(missing.exit_code, 2) << command;
        EXPECT_EQ(missing.out, "") << command;
        EXPECT_TRUE(missing.err.find("none.toml: error: ") != std::string::npos) << missing.err;
        EXPECT_EQ(missing.err.find('\n'), missing.err.size() - 1) << missing.err;
    }
}

TEST_F(MainTest, ReportsErrorsAsJsonIfRequested) {
    for (const char* arguments : {"status --config none.toml --json", "status --json --nonsense"}) {
        const ProgramRun wrong = run(arguments);
        EXPECT_EQ(wrong.exit_code, 2) << arguments;
        EXPECT_TRUE(wrong.out.starts_with("{\"errors\":[{")) << wrong.out;
        EXPECT_EQ(wrong.err, "") << arguments;
    }
}

TEST_F(MainTest, TakesJsonBehindTwoDashesForAnArgument) {
    const ProgramRun wrong = run("call --url nonsense:// --realm r a.b -- --json");
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_EQ(wrong.out, "");
    EXPECT_NE(wrong.err.find("nonsense://"), std::string::npos) << wrong.err;
}

}  // namespace
}  // namespace sallyport::gateway
