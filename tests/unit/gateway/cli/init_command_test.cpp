#include "gateway/cli/init_command.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

namespace fs = std::filesystem;
using test::ProgramRun;

TEST(InitCommand, WritesWhatCheckFindsNothingWrongWith) {
    const sallyport::test::TemporaryFolder folder;
    const ProgramRun made = test::run_program(
        folder,
        "init lab --realm lab --person alice:operator,ben:viewer --person pump:device "
        "--webhook --tor off");
    EXPECT_EQ(made.exit_code, 0) << made.err;
    EXPECT_NE(made.out.find("0 warnings"), std::string::npos) << made.out;
    EXPECT_NE(made.out.find("sallyport serve --config"), std::string::npos) << made.out;
    for (const char* const secret : {"lab/alice.ticket", "lab/lab.principals.toml"}) {
        EXPECT_EQ(fs::status(folder.path(secret)).permissions(),
                  fs::perms::owner_read | fs::perms::owner_write);
    }
    EXPECT_EQ(test::run_program(folder, "check --config lab/gateway.toml").exit_code, 0);
}

TEST(InitCommand, ReplacesNothing) {
    const sallyport::test::TemporaryFolder folder;
    ASSERT_EQ(test::run_program(folder, "init lab --webhook").exit_code, 0);
    folder.write("lab/home.toml", "mine");
    const ProgramRun again = test::run_program(folder, "init lab --webhook");
    EXPECT_EQ(again.exit_code, 2);
    EXPECT_NE(again.err.find("gateway.toml: error: exists already"), std::string::npos)
        << again.err;
    EXPECT_EQ(folder.read("lab/home.toml"), "mine");
}

TEST(InitCommand, WritesTheFolderForTheOtherMachine) {
    const sallyport::test::TemporaryFolder folder;
    const ProgramRun made =
        test::run_program(folder, "init lab --link 10.0.0.1:4443 --person alice:operator");
    EXPECT_EQ(made.exit_code, 0) << made.err;
    EXPECT_TRUE(fs::exists(folder.path("lab/inside/inside.toml")));
    EXPECT_TRUE(fs::exists(folder.path("lab/inside/inside-home.toml")));
    EXPECT_NE(made.out.find("sallyport link invite"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
