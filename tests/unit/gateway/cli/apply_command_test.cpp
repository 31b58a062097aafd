#include "gateway/cli/apply_command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "gateway/admin/control.h"
#include "gateway/host/files.h"
#include "tests/unit/gateway/admin/reactor_thread.h"
#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

using test::ProgramRun;

class ApplyCommandTest : public testing::Test {
protected:
    ApplyCommandTest() {
        folder_.write("gateway.toml", "state_dir = \"state\"\nnonsense = true\n");
        std::filesystem::create_directories(folder_.path("state/run"));
    }
    ProgramRun run(const std::string& arguments) const {
        return test::run_program(folder_, arguments);
    }
    /// The command, with a running program that answers `exit_code` and what it was told.
    ProgramRun tell(const std::string& arguments, int exit_code) const {
        boost::asio::io_context io(1);
        const std::string socket = control_socket(folder_.path("state"));
        const Control control(io, listen_unix({socket, {}}),
                              [exit_code](const std::string& line, const Control::Reply& reply) {
                                  reply(exit_code, "told: " + line + "\n");
                              });
        const test::ReactorThread program(io);
        const ProgramRun told = run(arguments);
        std::filesystem::remove(socket);
        return told;
    }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(ApplyCommandTest, TellsTheProgramWhoseStateDirectoryTheConfigurationNames) {
    EXPECT_EQ(tell("policy apply", 0).out, "told: apply\n");
    EXPECT_EQ(tell("policy apply --check", 0).out, "told: check\n");
    EXPECT_EQ(tell("policy rollback", 0).out, "told: rollback\n");
    folder_.write("other/inside.toml", "state_dir = \"../state\"\n");
    EXPECT_EQ(tell("policy apply --config other/inside.toml", 0).out, "told: apply\n");
}

TEST_F(ApplyCommandTest, ExitsAsTheProgramSays) {
    const ProgramRun refused = tell("policy apply", 1);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_EQ(refused.out, "");
    EXPECT_EQ(refused.err, "told: apply\n");
    const ProgramRun json = tell("policy rollback --json", 1);
    EXPECT_EQ(json.exit_code, 1);
    EXPECT_EQ(json.out, "{\"errors\":[{\"text\":\"told: rollback\"}]}\n");
}

TEST_F(ApplyCommandTest, ExitsWith2IfNoProgramAnswers) {
    const ProgramRun nobody = run("policy apply");
    EXPECT_EQ(nobody.exit_code, 2);
    EXPECT_NE(nobody.err.find("state/run/control.sock: error: cannot connect"), std::string::npos)
        << nobody.err;
    EXPECT_EQ(run("policy rollback --config none.toml").exit_code, 2);
    folder_.write("broken.toml", "state_dir = ");
    const ProgramRun broken = run("policy apply --config broken.toml");
    EXPECT_EQ(broken.exit_code, 2);
    EXPECT_TRUE(broken.err.starts_with("broken.toml:1:")) << broken.err;
}

}  // namespace
}  // namespace sallyport::gateway
