#include "policy/file/compile.h"

#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

std::string route(const std::string& id, const std::string& uri, const std::string& to) {
    return "[[route]]\nid = \"" + id + "\"\nmatch = \"prefix\"\nuri = \"" + uri + "\"\nto = \"" +
           to + "\"\n";
}

std::string allow(const std::string& id, const std::string& role, const std::string& uri,
                  const std::string& more = "") {
    return "[[allow]]\nid = \"" + id + "\"\nroles = [\"" + role +
           "\"]\nactions = [\"call\"]\nuri = \"" + uri + "\"\n" + more;
}

const std::string realm = "realm = \"r\"\n";

TEST(Compiler, NamesTheBackendsThatThereAre) {
    const std::vector<std::string> backends{"inside", "plc"};
    const auto errors = errors_of(realm + route("a", "lab.", "dome"), {true, backends, false});
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0],
              "6:6: error: route \"a\" names an unknown backend \"dome\" (known backends: "
              "inside, plc)");
    EXPECT_TRUE(errors_of(realm + route("a", "lab.", "plc"), {true, backends, false}).empty());
    EXPECT_TRUE(errors_of(realm + route("a", "lab.", "dome"), {true, {}, true}).empty());
}

TEST(Compiler, NeedsARouteOnAFrontAndNoneOnAnInside) {
    const auto errors = errors_of(realm, {true, {}, false});
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_TRUE(errors[0].starts_with("1:1: error: the policy has no [[route]]"));

    const auto policy = compiled(realm + allow("a", "guest", "lab.x"));
    ASSERT_EQ(policy->routes().size(), 1U);
    EXPECT_EQ(policy->route(0).backends, std::vector<std::string>{"local"});
    EXPECT_EQ(policy->route(0).realm, "r");
    EXPECT_EQ(ask(*policy, "guest", Action::call, "lab.x"), "allow a");
}

TEST(Compiler, LetsAnInsideRouteToItselfOnly) {
    EXPECT_TRUE(errors_of(realm + route("a", "lab.", "local"), {false, {}, false}).empty());
    const auto errors = errors_of(realm + route("a", "lab.", "inside"), {false, {}, false});
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_TRUE(errors[0].ends_with("(known backends: local)")) << errors[0];
}

TEST(Compiler, TakesTheRealmOfTheRouteOrItsOwn) {
    const auto policy =
        compiled(realm + route("a", "lab.", "x") + route("b", "obs.", "y") + "realm = \"other\"\n");
    EXPECT_EQ(policy->route(0).realm, "r");
    EXPECT_EQ(policy->route(1).realm, "other");
    EXPECT_EQ(policy->realm(), "r");
    EXPECT_EQ(policy->hash(), "version");
}

TEST(Compiler, NumbersRulesAndRoutesByTheirIds) {
    const auto one = compiled(realm + allow("b", "guest", "lab.b") + allow("a", "guest", "lab.a") +
                              route("z", "lab.", "x") + route("y", "obs.", "x"));
    EXPECT_EQ(one->rule(0).id, "a");
    EXPECT_EQ(one->rule(1).id, "b");
    EXPECT_EQ(one->route(0).id, "y");
    EXPECT_EQ(one->rule(0).place.line, 7U);
}

TEST(Compiler, RefusesLimitsThatDependOnTheOrder) {
    const std::string slow = "limits = { rate = \"1/s\" }\n";
    const std::string fast = "limits = { rate = \"2/s\" }\n";
    const auto count = [](const std::string& text) {
        return errors_of(realm + text, tool_options()).size();
    };
    EXPECT_EQ(count(allow("a", "x", "u", slow) + allow("b", "x", "u", fast)), 1U);
    EXPECT_EQ(count(allow("a", "*", "u", slow) + allow("b", "x", "u", fast)), 1U);
    EXPECT_EQ(count(allow("a", "*", "u", slow) + allow("b", "*", "u")), 1U);
    // Equal limits, other roles, other URIs, or one rule that is more specific.
    EXPECT_EQ(count(allow("a", "x", "u", slow) + allow("b", "x", "u", slow)), 0U);
    EXPECT_EQ(count(allow("a", "x", "u", slow) + allow("b", "y", "u", fast)), 0U);
    EXPECT_EQ(count(allow("a", "x", "u", slow) + allow("b", "x", "v", fast)), 0U);
    EXPECT_EQ(
        count(allow("a", "x", "u.v", slow) + allow("b", "x", "u.", "match = \"prefix\"\n" + fast)),
        0U);
}

TEST(Compiler, RefusesDeliveriesThatDependOnTheOrder) {
    const auto rule = [](const std::string& id, const std::string& actions,
                         const std::string& rest) {
        return "[[allow]]\nid = \"" + id + "\"\nroles = [\"x\"]\nactions = [" + actions +
               "]\nuri = \"u\"\n" + rest;
    };
    const auto count = [](const std::string& text) {
        return errors_of(realm + text, tool_options()).size();
    };
    const std::string latest = "deliver = \"latest\"\n";
    const std::string subscribe = "\"subscribe\"";
    EXPECT_EQ(count(rule("a", subscribe, latest) + rule("b", subscribe, "")), 1U);
    EXPECT_EQ(
        count(rule("a", subscribe, latest) + rule("b", subscribe, latest + "rate = \"1/s\"\n")),
        1U);
    EXPECT_EQ(count(rule("a", subscribe, latest + "key = { arg = 0 }\n") +
                    rule("b", subscribe, latest + "key = { arg = 1 }\n")),
              1U);
    EXPECT_EQ(count(rule("a", subscribe, latest) + rule("b", subscribe, latest)), 0U);
    EXPECT_EQ(count(rule("a", subscribe, "deliver = \"all\"\n") + rule("b", subscribe, "")), 0U);
    EXPECT_EQ(count(rule("a", "\"subscribe\", \"call\"", latest) + rule("b", "\"call\"", "")), 0U)
        << "a call has no events";
}

TEST(Compiler, ReportsOnePairOfRulesOnce) {
    const std::string both =
        "[[allow]]\nid = \"a\"\nroles = [\"x\", \"y\"]\nactions = [\"call\", \"publish\"]\n"
        "uri = [\"u\", \"v\"]\n[[allow]]\nid = \"b\"\nroles = [\"y\", \"x\"]\n"
        "actions = [\"publish\", \"call\"]\nuri = [\"v\", \"u\"]\nlimits = { rate = \"1/s\" }\n";
    EXPECT_EQ(errors_of(realm + both, tool_options()).size(), 1U);
}

TEST(Compiler, ReportsAllErrorsOfAllRoutesAtOnce) {
    const auto errors = errors_of(
        realm + route("a", "lab.", "x") + route("b", "lab.", "y") + route("c", "lab.", "x"),
        {true, {}, false});
    EXPECT_EQ(errors.size(), 5U);  // three unknown backends, two too many of one prefix
}

}  // namespace
}  // namespace sallyport::policy
