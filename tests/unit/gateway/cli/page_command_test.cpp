#include "gateway/cli/page_command.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

using test::ProgramRun;

class PageCommandTest : public testing::Test {
protected:
    PageCommandTest() { folder_.write("gateway.toml", "state_dir = \"state\"\n"); }
    ProgramRun run(const std::string& arguments) const {
        return test::run_program(folder_, "page " + arguments);
    }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(PageCommandTest, ListensOnLoopbackOnly) {
    for (const char* const address :
         {"0.0.0.0:0", "192.168.1.2:80", "[::]:0", "localhost", "x:1"}) {
        const ProgramRun refused = run(std::string("--listen ") + address);
        EXPECT_EQ(refused.exit_code, 2) << address;
        EXPECT_NE(refused.err.find("is not a port at a loopback address"), std::string::npos)
            << refused.err;
        EXPECT_EQ(refused.out, "");
    }
}

TEST_F(PageCommandTest, SaysWhatIsWrongWithTheConfiguration) {
    const ProgramRun refused = run("--config nothing.toml");
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.err.find("nothing.toml"), std::string::npos) << refused.err;
}

TEST_F(PageCommandTest, HelpHasExamples) {
    const ProgramRun help = run("--help");
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_NE(help.out.find("sallyport page --config /etc/sallyport/gateway.toml --manage"),
              std::string::npos)
        << help.out;
}

}  // namespace
}  // namespace sallyport::gateway
