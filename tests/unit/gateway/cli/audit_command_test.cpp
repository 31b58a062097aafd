#include "gateway/cli/audit_command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

using test::ProgramRun;

class AuditCommandTest : public testing::Test {
protected:
    AuditCommandTest() {
        folder_.write("gateway.toml",
                      "state_dir = \"state\"\nrealms = [\"lab.toml\"]\n[audit]\nto = "
                      "\"file:audit.jsonl\"\n");
        folder_.write("lab.toml", "realm = \"lab\"\n");
        std::filesystem::create_directory(folder_.path("state"));
        for (int i = 0; i < 3; ++i)
            log_ += R"({"time":"T","outcome":"deny","reason":"no rule allows it","realm":"lab",)"
                    R"("authid":"bob","role":"guest","action":"call","uri":"lab.slew"})"
                    "\n";
        folder_.write("state/audit.jsonl", log_ + R"({"time":"U","outcome":"leave"})"
                                                  "\n");
    }
    ProgramRun run(const std::string& arguments) const {
        return test::run_program(folder_, arguments);
    }

    sallyport::test::TemporaryFolder folder_;
    std::string log_;
};

TEST_F(AuditCommandTest, TailShowsTheNewestRecords) {
    const ProgramRun shown = run("tail --count 2");
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_EQ(shown.out,
              "T deny call lab.slew by bob (guest) in lab: no rule allows it\nU leave\n");
    EXPECT_EQ(run("tail --count 1 --json").out, "{\"time\":\"U\",\"outcome\":\"leave\"}\n");
}

TEST_F(AuditCommandTest, TailShowsALastRecordWithoutALineEnd) {
    folder_.write("state/audit.jsonl", log_ + R"({"time":"U","outcome":"leave"})");
    EXPECT_EQ(run("tail --count 1").out, "U leave\n");
}

TEST_F(AuditCommandTest, DeniedGroupsAndExplains) {
    const ProgramRun shown = run("denied");
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_TRUE(
        shown.out.starts_with("3 × call \"lab.slew\" by \"bob\" (guest), last T: no rule "
                              "allows it\n    sallyport policy explain "))
        << shown.out;
    EXPECT_TRUE(shown.out.ends_with("lab.toml --as bob:guest --call lab.slew\n")) << shown.out;
    EXPECT_NE(run("denied --json").out.find("\"count\":3"), std::string::npos);
}

TEST_F(AuditCommandTest, SaysWhatToDoWithoutAFile) {
    folder_.write("gateway.toml", "state_dir = \"state\"\nrealms = [\"lab.toml\"]\n");
    const ProgramRun none = run("tail");
    EXPECT_EQ(none.exit_code, 2);
    EXPECT_NE(none.err.find("to = \"file:audit.jsonl\""), std::string::npos) << none.err;
    folder_.write("gateway.toml",
                  "state_dir = \"state\"\nrealms = [\"lab.toml\"]\n[audit]\nto = \"file:none\"\n");
    EXPECT_EQ(run("denied").exit_code, 2);
}

}  // namespace
}  // namespace sallyport::gateway
