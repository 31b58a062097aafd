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

TEST_F(Check, FailsOnAMissingFile) {
    const std::array files{std::string("/nowhere/a.toml")};
    EXPECT_EQ(check(files, to_), 2);
    EXPECT_EQ(err(), "/nowhere/a.toml: error: there is no such file (check the path)\n");
}

}  // namespace
}  // namespace sallyport::policy
