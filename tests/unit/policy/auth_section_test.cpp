#include "policy/auth_section.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

struct Read {
    AuthText auth;
    std::vector<std::string> errors;
};

// `text` as the file's table.
Read read(const std::string& text) {
    static const std::string file = "realm.toml";
    Diagnostics diagnostics;
    Read out;
    const auto root = parse_document(text, file);
    if (root) out.auth = read_auth(*root, file, diagnostics);
    if (!root) diagnostics.push_back(root.error());
    for (const Diagnostic& diagnostic : diagnostics) out.errors.push_back(to_string(diagnostic));
    return out;
}

using Errors = std::vector<std::string>;

TEST(AuthSection, LetsNobodyInWithoutAWord) {
    const Read got = read("");
    EXPECT_EQ(got.errors, Errors{});
    EXPECT_EQ(got.auth.anonymous_role, "");
    EXPECT_EQ(got.auth.principals, "");
}

TEST(AuthSection, ReadsTheRoleOfAnonymousAndThePrincipalsFile) {
    const Read got = read("anonymous = { role = \"guest\" }\nprincipals = \"p.toml\"\n");
    EXPECT_EQ(got.errors, Errors{});
    EXPECT_EQ(got.auth.anonymous_role, "guest");
    EXPECT_EQ(got.auth.principals, "p.toml");
    EXPECT_EQ(to_string(got.auth.principals_place), "realm.toml:2:14");
}

TEST(AuthSection, TellsWhereAndHowToCureWhatIsWrong) {
    EXPECT_EQ(read("anonymous = { role = \"*\" }\n").errors,
              Errors{"realm.toml:1:22: error: \"*\" cannot be a role (name one role here; \"*\" "
                     "stands for all in the roles of rules)"});
    EXPECT_EQ(read("principals = \"\"\n").errors,
              Errors{"realm.toml:1:14: error: \"principals\" is empty (name a file, or remove the "
                     "line)"});
}

}  // namespace
}  // namespace sallyport::policy
