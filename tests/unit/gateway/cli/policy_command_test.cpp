#include "gateway/cli/policy_command.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

using test::ProgramRun;

constexpr const char* policy = R"(realm = "lab"

[auth]
anonymous = { role = "guest" }

[[route]]
id = "lab"
match = "prefix"
uri = "lab."
to = "inside"

[[allow]]
id = "echo"
roles = ["guest"]
actions = ["call"]
uri = "lab.echo"
limits = { rate = "20/s", in_flight = 8, timeout = "10s", payload = "64KiB" }

[[test]]
as = { role = "guest" }
call = "lab.echo"
expect = "allow echo"
)";

class PolicyCommandTest : public testing::Test {
protected:
    PolicyCommandTest() {
        folder_.write("r.toml", policy);
        folder_.write("broken.toml", "realm = \"lab\"\nnonsense = 1\n");
    }
    ProgramRun run(const std::string& arguments, const std::string& input = "") const {
        return test::run_program(folder_, "policy " + arguments, input);
    }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(PolicyCommandTest, CheckTellsWhatIsWrongAsTextAndAsJson) {
    EXPECT_EQ(run("check r.toml").exit_code, 0);
    const ProgramRun text = run("check r.toml broken.toml");
    EXPECT_EQ(text.exit_code, 2);
    EXPECT_NE(text.err.find("broken.toml:2:1: error: unknown key"), std::string::npos) << text.err;
    const ProgramRun json = run("check --json broken.toml");
    EXPECT_EQ(json.exit_code, 2);
    EXPECT_EQ(json.err, "");
    EXPECT_NE(json.out.find("\"line\":2"), std::string::npos) << json.out;
}

TEST_F(PolicyCommandTest, TestExitsWith1WhenATestFails) {
    EXPECT_EQ(run("test r.toml").exit_code, 0);
    std::string failing(policy);
    failing.replace(failing.find("\"allow echo\""), 12, "\"deny\"");
    folder_.write("failing.toml", failing);
    EXPECT_EQ(run("test failing.toml").exit_code, 1);
}

TEST_F(PolicyCommandTest, ExplainAnswersOneQuestion) {
    const ProgramRun allowed = run("explain r.toml --as joe:guest --call lab.echo");
    EXPECT_EQ(allowed.exit_code, 0) << allowed.err;
    EXPECT_NE(allowed.out.find("echo"), std::string::npos) << allowed.out;
    EXPECT_EQ(run("explain r.toml --as joe:guest --publish lab.echo").exit_code, 1);
    EXPECT_EQ(run("explain r.toml --as joe:guest --call lab.echo --payload-bytes 70000").exit_code,
              1);
}

TEST_F(PolicyCommandTest, ExplainRefusesTwoQuestionsNoneAndNumbersThatAreNone) {
    const std::string ask = "explain r.toml --as joe:guest ";
    EXPECT_EQ(run(ask).exit_code, 2);
    EXPECT_EQ(run(ask + "--call a.b --publish a.b").exit_code, 2);
    for (const char* number : {"-1", "1x", "''", "4294967296"})
        EXPECT_EQ(run(ask + "--call lab.echo --others " + number).exit_code, 2) << number;
    EXPECT_EQ(run(ask + "--call lab.echo --others 4294967295").exit_code, 0);
}

TEST_F(PolicyCommandTest, FmtWritesOnlyWhenItIsNotToldToCheckOrToShow) {
    const std::string loose = std::string(policy) + "\n\n\n";
    folder_.write("r.toml", loose);
    EXPECT_EQ(run("fmt --check r.toml").exit_code, 1);
    EXPECT_EQ(run("fmt --diff r.toml").exit_code, 1);
    EXPECT_EQ(folder_.read("r.toml"), loose);
    EXPECT_EQ(run("fmt r.toml").exit_code, 0);
    EXPECT_EQ(folder_.read("r.toml"), policy);
    EXPECT_EQ(run("fmt --check --diff r.toml").exit_code, 2);
}

TEST_F(PolicyCommandTest, DiffTellsWhetherTwoPoliciesDecideAlike) {
    EXPECT_EQ(run("diff r.toml r.toml").exit_code, 0);
    std::string other(policy);
    other.replace(other.find("lab.echo"), 8, "lab.ping");
    other.replace(other.rfind("lab.echo"), 8, "lab.ping");
    folder_.write("other.toml", other);
    EXPECT_EQ(run("diff r.toml other.toml").exit_code, 1);
}

TEST_F(PolicyCommandTest, MutateSuggestsTheTestsThatAreMissing) {
    const ProgramRun survivors = run("mutate --suggest r.toml");
    EXPECT_EQ(survivors.exit_code, 1) << survivors.err;
    EXPECT_NE(survivors.out.find("[[test]]"), std::string::npos) << survivors.out;
}

TEST_F(PolicyCommandTest, ReplayAndUnusedReadLogsFromFilesAndFromStdin) {
    const std::string log =
        R"({"time":"t","door":"front","outcome":"allow","number":1,"realm":"lab","policy":"p",)"
        R"("rule":"echo","file":"r.toml","line":12,"authid":"joe","role":"guest","action":"call",)"
        R"("uri":"lab.echo"})"
        "\n";
    folder_.write("audit.log", log);
    EXPECT_EQ(run("replay audit.log --with r.toml").exit_code, 0);
    EXPECT_EQ(run("replay - --with r.toml", log).exit_code, 0);
    const ProgramRun hits = run("unused r.toml --log - --json", log);
    EXPECT_EQ(hits.exit_code, 0) << hits.out << hits.err;
    const ProgramRun missing = run("replay none.log --with r.toml");
    EXPECT_EQ(missing.exit_code, 2);
    EXPECT_NE(missing.err.find("none.log: error: "), std::string::npos) << missing.err;
    EXPECT_EQ(run("replay - --with r.toml", "no log\n").exit_code, 2);
}

TEST_F(PolicyCommandTest, ImportReplacesFilesOnlyByForce) {
    folder_.write("config.json",
                  R"({"version":2,"workers":[{"type":"router","realms":[{"name":"lab","roles":[)"
                  R"({"name":"guest","permissions":[{"uri":"lab.echo","match":"exact",)"
                  R"("allow":{"call":true}}]}]}],"transports":[]}]})");
    const ProgramRun first = run("import config.json --out made");
    EXPECT_NE(first.exit_code, 2) << first.out << first.err;
    const std::string made = folder_.read("made/lab.toml");
    EXPECT_NE(made.find("lab.echo"), std::string::npos) << made;
    folder_.write("made/lab.toml", "mine");
    EXPECT_EQ(run("import config.json --out made").exit_code, 2);
    EXPECT_EQ(folder_.read("made/lab.toml"), "mine");
    EXPECT_EQ(run("import config.json --out made --force").exit_code, first.exit_code);
    EXPECT_EQ(folder_.read("made/lab.toml"), made);
}

}  // namespace
}  // namespace sallyport::gateway
