#include "policy/tools/check.h"

#include <array>

#include "tests/unit/policy/tools/support.h"

namespace sallyport::policy {
namespace {

using Check = ToolTest;

TEST_F(Check, SaysWhatASoundFileHolds) {
    file("people.toml", people);
    const std::array files{file("obs.toml", sound_policy)};
    EXPECT_EQ(check(files, to_), 0);
    EXPECT_EQ(out(),
              "obs.toml: ok: realm obs, 1 route, 2 allows, 1 forbid, 1 principal, 1 test passed\n");
    EXPECT_EQ(err(), "");
}

TEST_F(Check, PrintsEveryErrorOfEveryFile) {
    file("people.toml", people);
    const std::array files{file("a.toml", "realm = \"a\"\nx = 1\ny = 2\n"),
                           file("obs.toml", sound_policy), file("b.toml", "realm 1\n")};
    EXPECT_EQ(check(files, to_), 2);
    EXPECT_TRUE(out().starts_with("obs.toml: ok"));
    EXPECT_EQ(err(),
              "a.toml:2:1: error: unknown key \"x\" in a policy file (known keys: realm, "
              "include, variables, auth, route, allow, forbid, test)\n"
              "a.toml:3:1: error: unknown key \"y\" in a policy file (known keys: realm, "
              "include, variables, auth, route, allow, forbid, test)\n"
              "b.toml:1:7: error: syntax error: parsing key-value pair: expected '=', saw '1' "
              "(write key = value)\n");
}

TEST_F(Check, NotesARealmThatNobodyCanJoin) {
    const std::array files{file("a.toml", "realm = \"a\"\n")};
    EXPECT_EQ(check(files, to_), 0);
    EXPECT_NE(out().find("note: nobody can join"), std::string::npos);
}

constexpr const char* everything_policy = R"(realm = "obs"
[auth]
anonymous = { role = "guest" }
[[allow]]
id = "all"
roles = ["operator", "owner"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = ""
[[allow]]
id = "readers"
roles = ["*"]
actions = ["subscribe"]
match = "prefix"
uri = ["lab.", ""]
[[forbid]]
id = "none"
roles = ["guest"]
actions = ["call"]
match = "prefix"
uri = ""
where = [{ arg = 0, type = "integer" }]
[[allow]]
id = "some"
roles = ["guest"]
actions = ["call"]
match = "prefix"
uri = "lab."
)";

TEST_F(Check, NotesRulesForEverything) {
    const std::array files{file("a.toml", everything_policy)};
    EXPECT_EQ(check(files, to_), 0);
    EXPECT_EQ(out(),
              "a.toml: ok: realm obs, 1 route, 3 allows, 1 forbid, 0 principals, 0 tests passed\n"
              "a.toml:4:1: note: rule all allows every procedure and topic (call, register, "
              "subscribe, publish) to roles operator, owner\n"
              "a.toml:10:1: note: rule readers allows every topic (subscribe) to all roles\n"
              "a.toml:16:1: note: rule none forbids every procedure (call) to role guest, if its "
              "conditions hold\n");
    out_.str("");
    EXPECT_EQ(check(files, json_), 0);
    EXPECT_NE(out().find(R"("id":"readers","note":"rule readers allows every topic)"),
              std::string::npos)
        << out();
}

TEST_F(Check, FailsOnAMissingFile) {
    const std::array files{std::string("/nowhere/a.toml")};
    EXPECT_EQ(check(files, to_), 2);
    EXPECT_EQ(err(), "/nowhere/a.toml: error: there is no such file (check the path)\n");
}

}  // namespace
}  // namespace sallyport::policy
