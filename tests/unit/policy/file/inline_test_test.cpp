#include "policy/file/inline_test.h"

#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view rules = R"(realm = "r"
[[allow]]
id = "open"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "lab."
limits = { payload = 100 }
[[forbid]]
id = "closed"
roles = ["*"]
actions = ["call"]
uri = "lab.off"
)";

std::vector<std::string> with(const std::string& request, const std::string& expect) {
    return errors_of(std::string(rules) +
                         "[[test]]\nas = { authid = \"joe\", role = \"guest\" }\n" + request +
                         "\nexpect = \"" + expect + "\"\n",
                     tool_options());
}

TEST(InlineTest, PassesWhenThePolicyAnswersAsExpected) {
    EXPECT_TRUE(with("call = \"lab.x\"", "allow").empty());
    EXPECT_TRUE(with("call = \"lab.x\"", "allow open").empty());
    EXPECT_TRUE(with("call = \"lab.off\"", "forbid closed").empty());
    EXPECT_TRUE(with("call = \"lab.off\"", "deny").empty());
    EXPECT_TRUE(with("call = \"com.x\"", "deny").empty());
    EXPECT_TRUE(with("call = \"lab.x\"\npayload = 100", "allow").empty());
    EXPECT_TRUE(with("call = \"lab.x\"\npayload = 101", "deny").empty());
    EXPECT_TRUE(with("subscribe = \"lab.\"\nmatch = \"prefix\"", "allow open").empty());
    EXPECT_TRUE(with("subscribe = \"lab\"\nmatch = \"prefix\"", "deny").empty());
}

TEST(InlineTest, MayExpectHowEventsAreDelivered) {
    const std::string text =
        "realm = \"r\"\n[[allow]]\nid = \"a\"\nroles = [\"guest\"]\nactions = [\"subscribe\"]\n"
        "uri = \"lab.x\"\ndeliver = \"latest\"\nkey = { kwarg = \"k\" }\nrate = \"2/s\"\n"
        "[[test]]\nas = { authid = \"joe\", role = \"guest\" }\nsubscribe = \"lab.x\"\n"
        "expect = \"allow\"\n";
    const auto with_delivery = [&](const std::string& delivery) {
        return errors_of(text + delivery, tool_options());
    };
    EXPECT_TRUE(with_delivery("").empty());
    EXPECT_TRUE(
        with_delivery("deliver = \"latest\"\nkey = { kwarg = \"k\" }\nrate = \"2/s\"\n").empty());
    EXPECT_EQ(with_delivery("deliver = \"latest\"\nrate = \"2/s\"\n").size(), 1U);
    EXPECT_EQ(with_delivery("deliver = \"latest\"\nkey = { kwarg = \"k\" }\n").size(), 1U);
    EXPECT_EQ(with_delivery("deliver = \"all\"\n"),
              std::vector<std::string>{
                  "10:1: error: test failed: subscribe \"lab.x\" as joe:guest: expected allow, "
                  "delivery all, got allow a (realm.toml:2:1) by route local, delivery latest, key "
                  "kwarg \"k\", rate 2/s (change the rules or the test)"});
}

TEST(InlineTest, FailsWithWhatCameOutAndWhy) {
    const auto one = [](const std::string& request, const std::string& expect) {
        const auto errors = with(request, expect);
        return errors.size() == 1 ? errors[0] : "not one error";
    };
    EXPECT_EQ(one("call = \"lab.off\"", "allow"),
              "14:1: error: test failed: call \"lab.off\" as joe:guest: expected allow, got forbid "
              "closed "
              "(realm.toml:9:1) (change the rules or the test)");
    EXPECT_EQ(
        one("call = \"lab.x\"", "deny"),
        "14:1: error: test failed: call \"lab.x\" as joe:guest: expected deny, got allow open "
        "(realm.toml:2:1) by route local (change the rules or the test)");
    EXPECT_EQ(one("call = \"lab.x\"", "forbid closed").find("expected forbid closed, got allow") !=
                  std::string::npos,
              true);
    EXPECT_NE(one("subscribe = \"la\"\nmatch = \"prefix\"", "allow").find("matches more"),
              std::string::npos);
    EXPECT_NE(one("call = \"lab.x\"\npayload = 101", "allow")
                  .find("larger than the rule's limit; rule open"),
              std::string::npos);
}

TEST(InlineTest, NamesTheNearestRuleOfTheRightKind) {
    EXPECT_EQ(with("call = \"lab.x\"", "allow opne").at(0),
              "17:10: error: the test expects an unknown rule \"opne\" (did you mean \"open\"?)");
    EXPECT_EQ(
        with("call = \"lab.x\"", "forbid open").at(0),
        "17:10: error: the test expects an unknown rule \"open\" (known forbid rules: closed)");
}

TEST(InlineTest, GivesAnOutcomeForEachTest) {
    Diagnostics none;
    const PolicyFile file = parse_policy(std::string(rules) + R"([[test]]
as = { role = "guest" }
call = "lab.x"
expect = "deny"
[[test]]
as = { role = "guest" }
call = "com.x"
expect = "deny"
)",
                                         test_file, none);
    const auto policy = Compiler::compile(file, tool_options(), "");
    const auto outcomes = run_tests(file, **policy);
    ASSERT_EQ(outcomes.size(), 2U);
    EXPECT_FALSE(outcomes[0].passed);
    EXPECT_TRUE(outcomes[1].passed);
    EXPECT_EQ(outcomes[1].got, "deny: no rule allows it");
}

}  // namespace
}  // namespace sallyport::policy
