#include "policy/file/file.h"

#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

PolicyFile read(std::string_view text) {
    Diagnostics diagnostics;
    PolicyFile file = parse_policy(text, test_file, diagnostics);
    for (const Diagnostic& one : diagnostics) ADD_FAILURE() << to_string(one);
    return file;
}

TEST(PolicyFile, IsReadWithAllItsParts) {
    const PolicyFile file = read(R"(
realm = "obs"
[auth]
anonymous = { role = "guest" }
principals = "p.toml"
[[route]]
id = "r"
match = "prefix"
uri = ""
to = "inside"
realm = "other"
[[allow]]
id = "a"
roles = ["guest", "*"]
actions = ["call", "publish"]
match = "prefix"
uri = ["lab.", "obs."]
limits = { rate = "30/m", in_flight = 8, timeout = "10s", payload = 100 }
[[forbid]]
id = "f"
roles = ["*"]
actions = ["subscribe", "register"]
uri = "lab.x"
[[test]]
as = { authid = "joe", role = "guest" }
subscribe = "lab..y"
match = "wildcard"
expect = "forbid f"
[[test]]
as = { role = "guest" }
call = "lab.y"
args = [1, "x"]
payload = "1KiB"
expect = "allow a"
route = "r"
)");
    EXPECT_EQ(file.realm, "obs");
    EXPECT_EQ(file.auth.anonymous_role, "guest");
    EXPECT_EQ(file.auth.principals, "p.toml");
    EXPECT_EQ(file.auth.principals_place, (Place{test_file, 5, 14}));

    ASSERT_EQ(file.routes.size(), 1U);
    EXPECT_EQ(file.routes[0].match, wamp::MatchPolicy::prefix);
    EXPECT_EQ(file.routes[0].uris.at(0).text, "");
    EXPECT_EQ(file.routes[0].backends, std::vector<std::string>{"inside"});
    EXPECT_EQ(file.routes[0].realm, "other");

    ASSERT_EQ(file.rules.size(), 2U);
    const RuleText& allow = file.rules[0];
    EXPECT_TRUE(allow.allow);
    EXPECT_EQ(allow.place, (Place{test_file, 12, 1}));
    EXPECT_EQ(allow.roles, (std::vector<std::string>{"guest", "*"}));
    EXPECT_TRUE(allow.actions.has(Action::call) && allow.actions.has(Action::publish));
    EXPECT_FALSE(allow.actions.has(Action::subscribe) || allow.actions.has(Action::register_));
    EXPECT_EQ(allow.uris.at(1).text, "obs.");
    EXPECT_EQ(allow.uris.at(1).place, (Place{test_file, 17, 16}));
    EXPECT_EQ(allow.limits, (Limits{0.5, 8, std::chrono::seconds(10), 100, {}, {}}));
    EXPECT_FALSE(file.rules[1].allow);
    EXPECT_EQ(file.rules[1].match, wamp::MatchPolicy::exact);

    ASSERT_EQ(file.tests.size(), 2U);
    EXPECT_EQ(file.tests[0].authid, "joe");
    EXPECT_EQ(file.tests[0].action, Action::subscribe);
    EXPECT_EQ(file.tests[0].match, wamp::MatchPolicy::wildcard);
    EXPECT_EQ(file.tests[1].payload_bytes, 1024U);
    EXPECT_EQ(file.tests[1].payload.view().args, "\x92\x01\xa1x");
    EXPECT_EQ(file.tests[1].route, "r");
    EXPECT_EQ(file.tests[0].expect, TestText::Expect::forbid);
    EXPECT_EQ(file.tests[0].rule, "f");
}

TEST(PolicyFile, ReadsTheBackendsOfARouteAndHowItSpreadsOverThem) {
    const auto spread_of = [](const std::string& spread) {
        const PolicyFile file = read(
            "realm = \"r\"\n[[route]]\nid = \"a\"\nuri = \"lab.x\"\nto = [\"one\", \"two\"]\n" +
            spread);
        EXPECT_EQ(file.routes.at(0).backends, (std::vector<std::string>{"one", "two"}));
        return file.routes.at(0).spread;
    };
    EXPECT_EQ(spread_of(""), Spread());
    EXPECT_EQ(spread_of("spread = \"caller\"\n"), (Spread{Spread::By::caller, {}}));
    EXPECT_EQ(spread_of("spread = { arg = 2 }\n"),
              (Spread{Spread::By::argument, std::uint32_t{2}}));
    EXPECT_EQ(spread_of("spread = { kwarg = \"room\" }\n"),
              (Spread{Spread::By::argument, std::string("room")}));
}

TEST(PolicyFile, TakesUrisUpToTheirLimit) {
    const auto rule = [](std::size_t bytes) {
        return "realm = \"r\"\n[[allow]]\nid = \"a\"\nroles = [\"*\"]\nactions = [\"call\"]\nuri = "
               "\"" +
               std::string(bytes, 'u') + "\"\n";
    };
    EXPECT_EQ(errors_of(rule(wamp::uri_bytes_max), tool_options()).size(), 0U);
    ASSERT_EQ(errors_of(rule(wamp::uri_bytes_max + 1), tool_options()).size(), 1U);
    EXPECT_TRUE(errors_of(rule(wamp::uri_bytes_max + 1), tool_options())[0].starts_with("6:7: "));
}

TEST(ActionName, IsReadAsItIsWritten) {
    for (const Action action :
         {Action::call, Action::register_, Action::subscribe, Action::publish}) {
        EXPECT_EQ(parse_action(to_string(action)), action);
    }
    EXPECT_EQ(parse_action("Call"), std::nullopt);
}

}  // namespace
}  // namespace sallyport::policy
