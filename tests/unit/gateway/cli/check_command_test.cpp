#include "gateway/cli/check_command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/unit/gateway/cli/program_run.h"

namespace sallyport::gateway {
namespace {

constexpr const char* gateway_toml = R"(state_dir = "state"
realms = ["lab.toml"]
[tor]
mode = "off"
[[backend]]
name = "lab"
kind = "embedded"
config = "inside.toml"
)";

constexpr const char* outer = R"(realm = "lab"
[auth]
anonymous = { role = "guest" }
principals = "people.toml"
[[route]]
id = "lab"
match = "prefix"
uri = "lab."
to = "lab"
[[allow]]
id = "echo"
roles = ["guest", "operator"]
actions = ["call"]
uri = "lab.echo"
)";

constexpr const char* inner = R"(realm = "lab"
[auth]
anonymous = { role = "service" }
[[allow]]
id = "services"
roles = ["service"]
actions = ["register"]
match = "prefix"
uri = "lab."
[[allow]]
id = "echo"
roles = ["guest", "operator"]
actions = ["call"]
uri = "lab.echo"
)";

std::string replaced(const std::string& text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    return text.substr(0, at) + to + text.substr(at + from.size());
}

class CheckCommandTest : public testing::Test {
protected:
    CheckCommandTest() {
        folder_.write("gateway.toml", gateway_toml);
        folder_.write("lab.toml", outer);
        folder_.write("inside.toml",
                      "state_dir = \"inner\"\nrealms = [\"inner.toml\"]\n[[listen]]\naddress = "
                      "\"unix:run/services.sock\"\n");
        folder_.write("inner.toml", inner);
        write_people("people.toml", "operator");
    }

    void write_people(const std::string& file, const std::string& role) const {
        folder_.write(file, "[[principal]]\nauthid = \"alice\"\nrole = \"" + role +
                                "\"\ncryptosign = "
                                "[\"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f7075"
                                "11a\"]\n");
        std::filesystem::permissions(folder_.path() + "/" + file,
                                     static_cast<std::filesystem::perms>(0600));
    }
    test::ProgramRun run(const std::string& arguments = "") const {
        return test::run_program(folder_, "check " + arguments);
    }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(CheckCommandTest, SaysThatAllIsWell) {
    const auto checked = run();
    EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
    EXPECT_TRUE(checked.out.starts_with("gateway.toml: ok: 1 realm, 1 backend\n")) << checked.out;
    EXPECT_TRUE(checked.out.ends_with("0 warnings\n")) << checked.out;
}

TEST_F(CheckCommandTest, NamesWhatNoInsideLetsThrough) {
    folder_.write("inner.toml", replaced(inner, "\"guest\", ", ""));
    const auto checked = run();
    EXPECT_EQ(checked.exit_code, 1);
    EXPECT_NE(checked.out.find("lab.toml:10:1: warning: the inside \"lab\" refuses everything that "
                               "rule echo lets role guest call, for example \"lab.echo\" as "),
              std::string::npos)
        << checked.out;
    const auto json = run("--json");
    EXPECT_EQ(json.exit_code, 1);
    EXPECT_EQ(json.err, "");
    EXPECT_NE(json.out.find("\"warning\":true"), std::string::npos) << json.out;
}

TEST_F(CheckCommandTest, NamesRolesThatNoRuleKnows) {
    write_people("people.toml", "operatr");
    const auto checked = run();
    EXPECT_EQ(checked.exit_code, 1);
    EXPECT_NE(checked.out.find("people.toml:1:1: warning: role \"operatr\" of principal \"alice\" "
                               "is named by no rule of "),
              std::string::npos)
        << checked.out;
    EXPECT_NE(checked.out.find("(did you mean \"operator\"?)"), std::string::npos) << checked.out;
}

TEST_F(CheckCommandTest, NamesPrincipalsFilesThatNoPolicyNames) {
    write_people("old.toml", "operator");
    const auto checked = run();
    EXPECT_EQ(checked.exit_code, 1);
    EXPECT_NE(checked.out.find("old.toml: warning: has principals, but no policy names it"),
              std::string::npos)
        << checked.out;
}

TEST_F(CheckCommandTest, TakesACopyOfAnInsideElsewhere) {
    folder_.write("gateway.toml",
                  replaced(gateway_toml, "kind = \"embedded\"\nconfig = \"inside.toml\"",
                           "kind = \"accept\"\nlisten = \"unix:link.sock\""));
    auto checked = run();
    EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
    EXPECT_NE(checked.out.find("add --inside lab=inside.toml"), std::string::npos) << checked.out;
    checked = run("--inside lab=inside.toml");
    EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
    EXPECT_EQ(checked.out.find("add --inside"), std::string::npos) << checked.out;
    checked = run("--inside lap=inside.toml");
    EXPECT_EQ(checked.exit_code, 2);
    EXPECT_NE(checked.err.find("there is no backend \"lap\""), std::string::npos) << checked.err;
}

TEST_F(CheckCommandTest, ReportsWhatIsInvalid) {
    folder_.write("lab.toml", replaced(outer, "uri = \"lab.echo\"\n", "nonsense = 1\n"));
    const auto checked = run();
    EXPECT_EQ(checked.exit_code, 2);
    EXPECT_NE(checked.err.find("unknown key \"nonsense\""), std::string::npos) << checked.err;
}

}  // namespace
}  // namespace sallyport::gateway
