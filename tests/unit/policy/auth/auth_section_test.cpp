#include "policy/auth/auth_section.h"

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

TEST(AuthSection, ReportsErrorsWithTheirPositionAndAHint) {
    EXPECT_EQ(read("anonymous = { role = \"*\" }\n").errors,
              Errors{"realm.toml:1:22: error: \"*\" cannot be a role (name one role here; \"*\" "
                     "means all roles, but only in rules)"});
    EXPECT_EQ(read("principals = \"\"\n").errors,
              Errors{"realm.toml:1:14: error: \"principals\" is empty (name a file, or remove the "
                     "line)"});
}

TEST(AuthSection, ReadsMethodsFailuresAndTheProcedure) {
    const Read got = read(
        "methods = [\"ticket\", \"cryptosign\"]\n"
        "failures = { per_circuit = 3, window = \"2m\" }\n"
        "[dynamic]\nprocedure = \"com.example.authenticate\"\ntimeout = \"2s\"\n"
        "methods = [\"anonymous\", \"wamp-scram\"]\n");
    EXPECT_EQ(got.errors, Errors{});
    Methods two;
    two.add(Method::ticket);
    two.add(Method::cryptosign);
    EXPECT_EQ(got.auth.methods, two);
    EXPECT_EQ(got.auth.failures, (FailureLimits{3, std::chrono::minutes(2)}));
    const DynamicText& dynamic = got.auth.dynamic.value();
    EXPECT_EQ(dynamic.procedure, "com.example.authenticate");
    EXPECT_EQ(dynamic.timeout, std::chrono::seconds(2));
    EXPECT_TRUE(dynamic.methods.has(Method::anonymous));
    EXPECT_TRUE(dynamic.methods.has(Method::wamp_scram));
    EXPECT_FALSE(dynamic.methods.has(Method::scram));
    EXPECT_EQ(to_string(dynamic.procedure_place), "realm.toml:4:13");
}

TEST(AuthSection, ReportsErrorsInMethods) {
    EXPECT_EQ(read("methods = [\"tickets\"]\n").errors,
              Errors{"realm.toml:1:12: error: unknown method \"tickets\" (did you mean "
                     "\"ticket\"?)"});
    EXPECT_EQ(read("methods = [\"anonymous\"]\n").errors,
              Errors{"realm.toml:1:12: error: \"anonymous\" is not a method for principals (remove "
                     "it here and "
                     "write anonymous = { role = \"guest\" })"});
    EXPECT_EQ(
        read("methods = [\"scram\", \"scram\"]\n").errors,
        Errors{"realm.toml:1:21: error: \"scram\" appears twice in the list (remove one of the "
               "two)"});
    EXPECT_EQ(read("methods = []\n").errors.size(), 1U);
}

TEST(AuthSection, ReportsErrorsInFailures) {
    EXPECT_EQ(
        read("failures = { per_circuit = 0 }\n").errors,
        Errors{"realm.toml:1:28: error: \"per_circuit\" is out of range (write a number from 1 "
               "to 1000000)"});
    EXPECT_EQ(read("failures = { window = \"25h\" }\n").errors,
              Errors{"realm.toml:1:23: error: \"25h\" is too long (write at most \"24h\")"});
    EXPECT_EQ(read("failures = { window = \"soon\" }\n").errors.size(), 1U);
}

TEST(AuthSection, ReportsErrorsInTheProcedure) {
    EXPECT_EQ(read("[dynamic]\n").errors.size(), 2U);
    const std::string good = "[dynamic]\nmethods = [\"ticket\"]\n";
    const auto star = read(good + "procedure = \"lab.*\"\n").errors;
    ASSERT_EQ(star.size(), 1U);
    EXPECT_NE(star[0].find("\"*\" is not allowed in the URI of a procedure"), std::string::npos);
    for (const char* procedure : {"two words", "wamp.session.get", "a..b"}) {
        const auto errors = read(good + "procedure = \"" + procedure + "\"\n").errors;
        ASSERT_EQ(errors.size(), 1U) << procedure;
        EXPECT_TRUE(errors[0].starts_with("realm.toml:3:13: error: ")) << errors[0];
    }
    EXPECT_EQ(read(good + "procedure = \"a.b\"\ntimeout = \"9s\"\n").errors,
              Errors{"realm.toml:4:11: error: \"9s\" is too long (write at most \"8s\")"});
    EXPECT_EQ(read("anonymous = { role = \"guest\" }\n[dynamic]\nprocedure = \"a.b\"\n"
                   "methods = [\"anonymous\"]\n")
                  .errors,
              Errors{"realm.toml:1:1: error: both this line and [auth.dynamic] set the role of "
                     "anonymous sessions (remove one of the two)"});
}

}  // namespace
}  // namespace sallyport::policy
