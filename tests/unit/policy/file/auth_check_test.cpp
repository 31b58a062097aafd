#include "policy/file/auth_check.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

std::string checked(const std::string& rules) {
    const std::string text =
        "realm = \"r\"\n[auth.dynamic]\nprocedure = \"auth.ask\"\nmethods = [\"ticket\"]\n" + rules;
    Diagnostics none;
    const PolicyFile file = parse_policy(text, test_file, none);
    const auto wrong = check_dynamic(file.auth, *compiled(text));
    return wrong ? to_string(*wrong) : "";
}

const std::string route =
    "[[route]]\nid = \"all\"\nmatch = \"prefix\"\nuri = \"\"\nto = \"inside\"\n";

std::string allow(const std::string& role) {
    return "[[allow]]\nid = \"a\"\nroles = [\"" + role +
           "\"]\nactions = [\"call\"]\nuri = \"auth.ask\"\n";
}

TEST(DynamicCheck, WantsARightForTheGateway) {
    EXPECT_EQ(checked(route + allow("gateway")), "");
    const std::string wrong = checked(route + allow("guest"));
    EXPECT_TRUE(
        wrong.starts_with("realm.toml:3:13: error: the gateway may not call \"auth.ask\": "))
        << wrong;
    EXPECT_NE(
        wrong.find("(add an [[allow]] with roles = [\"gateway\"], actions = [\"call\"] and uri "
                   "= \"auth.ask\")"),
        std::string::npos)
        << wrong;
}

TEST(DynamicCheck, HasNothingToSayWithoutAProcedure) {
    EXPECT_EQ(check_dynamic({}, *compiled("realm = \"r\"\n")), std::nullopt);
}

}  // namespace
}  // namespace sallyport::policy
