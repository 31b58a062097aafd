#include "gateway/cli/doctor_command.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

// Without a gateway that runs. Running ones with faults are in tests/onion/faults_test.py.
class DoctorCommandTest : public testing::Test {
protected:
    void SetUp() override {
        write("tor");
        folder_.write("state/onion/hostname", std::string(56, 'a').append(".onion\n"));
        ::chmod(folder_.path("state").c_str(), 0700);
        ::chmod(folder_.path("state/onion").c_str(), 0700);
    }
    void write(const std::string& binary) {
        folder_.write("gateway.toml",
                      "state_dir = \"state\"\nrealms = [\"lab.toml\"]\n[listen]\n"
                      "front = \"run/front.sock\"\nadmin = \"run/admin.sock\"\n[tor]\n"
                      "mode = \"managed\"\nbinary = \"" +
                          binary +
                          "\"\n[[backend]]\nname = \"inside\"\nkind = \"accept\"\n"
                          "listen = \"unix:link.sock\"\n");
    }
    test::ProgramRun run(const std::string& words = "") {
        return test::run_program(folder_, "doctor " + words);
    }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(DoctorCommandTest, SaysThatTheGatewayDoesNotRunAndHowToStartIt) {
    const auto told = run();
    EXPECT_EQ(told.exit_code, 1);
    EXPECT_NE(told.out.find("WRONG  gateway: it does not run"), std::string::npos) << told.out;
    EXPECT_NE(told.out.find("cure: start it"), std::string::npos) << told.out;
    const auto json = run("--json");
    EXPECT_EQ(json.exit_code, 1);
    EXPECT_NE(json.out.find("{\"sound\":false,\"checks\":["), std::string::npos) << json.out;
}

TEST_F(DoctorCommandTest, LooksAtFilesAndPrograms) {
    write("no-such-tor");
    ::chmod(folder_.path("state/onion/hostname").c_str(), 0644);
    folder_.write("state/onion/hs_ed25519_secret_key", "abc");
    const std::string out = run().out;
    EXPECT_NE(out.find("WRONG  tor-program: there is no program no-such-tor"), std::string::npos)
        << out;
    EXPECT_NE(out.find("onion/hostname"), std::string::npos) << out;
    EXPECT_NE(out.find("the onion key has 3 bytes"), std::string::npos) << out;
}

TEST_F(DoctorCommandTest, RefusesAnInvalidConfiguration) {
    folder_.write("gateway.toml", "state_dir = 1\n");
    const auto told = run();
    EXPECT_EQ(told.exit_code, 2);
    EXPECT_NE(told.err.find("gateway.toml:1:"), std::string::npos) << told.err;
}

}  // namespace
}  // namespace sallyport::gateway
