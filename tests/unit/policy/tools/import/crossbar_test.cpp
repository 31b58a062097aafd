#include "policy/tools/import/crossbar.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

CrossbarConfig read(const std::string& text) {
    auto config = read_crossbar(text, "config.json");
    if (config) return *std::move(config);
    ADD_FAILURE() << to_string(config.error());
    return {};
}

std::string with_permissions(const std::string& permissions) {
    return R"({"version":2,"workers":[{"type":"router","realms":[{"name":"r","roles":[
        {"name":"a","permissions":[)" +
           permissions + "]}]}]}]}";
}

std::string decider(const CrossbarRole& role, const std::string& uri) {
    const CrossbarPermission* found = role.decider(uri);
    return found == nullptr ? "none" : found->uri;
}

TEST(Crossbar, DecidesByTheLongestBeginning) {
    const CrossbarConfig config = read(with_permissions(
        R"({"uri":"com.","match":"prefix","allow":{"call":true}},
           {"uri":"com.app","match":"exact","allow":{"call":true}},
           {"uri":"com.app.x.","match":"prefix","allow":{"publish":true}},
           {"uri":"com..y","match":"wildcard","allow":{"call":true}},
           {"uri":"..z","match":"wildcard","allow":{"call":true}})"));
    const CrossbarRole& role = config.realms.at(0).roles.at(0);
    EXPECT_EQ(decider(role, "com.other"), "com.");
    EXPECT_EQ(decider(role, "com.app"), "com.app");
    EXPECT_EQ(decider(role, "com.apple"), "none");  // hidden by the exact one
    EXPECT_EQ(decider(role, "com.app.b"), "none");
    EXPECT_EQ(decider(role, "com.app.x.b"), "com.app.x.");
    EXPECT_EQ(decider(role, "com.q.y"), "com..y");
    EXPECT_EQ(decider(role, "a.b.z"), "none");
    EXPECT_EQ(decider(role, "org"), "none");
    EXPECT_TRUE(role.allows(Action::call, "com.other"));
    EXPECT_FALSE(role.allows(Action::publish, "com.other"));
}

TEST(Crossbar, ReadsStarredUrisAndReplacedPermissions) {
    const CrossbarConfig config = read(with_permissions(R"({"uri":"com.a.*","allow":{"call":true}},
                            {"uri":"com.*.b.*","allow":{"call":true}},
                            {"uri":"com.c","allow":{"call":true}},
                            {"uri":"com.c","allow":{"call":false},"disclose":{"caller":true},
                             "validate":{"call":"x"}})"));
    const auto& permissions = config.realms.at(0).roles.at(0).permissions;
    ASSERT_EQ(permissions.size(), 3U);
    EXPECT_EQ(permissions[0].uri, "com.a.");
    EXPECT_EQ(permissions[0].match, wamp::MatchPolicy::prefix);
    EXPECT_EQ(permissions[1].uri, "com..b.");
    EXPECT_EQ(permissions[1].match, wamp::MatchPolicy::wildcard);
    EXPECT_FALSE(permissions[2].allow[0]);
    EXPECT_TRUE(permissions[2].disclose_caller);
    EXPECT_TRUE(permissions[2].validates);
}

TEST(Crossbar, FindsWhoMayJoinInEachTransport) {
    const CrossbarConfig config = read(R"({"workers":[{"realms":[{"name":"r","roles":[]}],
        "transports":[
          {"type":"web","paths":{"ws":{"type":"websocket","auth":{
             "anonymous":{"type":"static","role":"guest"},
             "ticket":{"type":"static","principals":{"al":{"ticket":"t","role":"op"}}},
             "wampcra":{"type":"dynamic","authenticator":"com.auth"}}}}},
          {"type":"rawsocket"}]}]})");
    EXPECT_EQ(config.anonymous_roles, (std::vector<std::string>{"guest", "anonymous"}));
    ASSERT_EQ(config.principals.size(), 1U);
    EXPECT_EQ(config.principals[0].authid, "al");
    EXPECT_EQ(config.principals[0].role, "op");
    EXPECT_EQ(config.left,
              std::vector<std::string>{"authentication by wampcra of type \"dynamic\""});
}

TEST(Crossbar, ReportsWhereATextIsNotJson) {
    const auto error = [](const std::string& text) {
        const auto config = read_crossbar(text, "c.json");
        return config ? "" : to_string(config.error());
    };
    EXPECT_EQ(error("{\"a\": 1,\n \"b\" 2}"),
              "c.json:2:6: error: this is not JSON (import expects a config.json; convert a "
              "config.yaml first)");
    EXPECT_EQ(error("{\n // why\n}"),
              "c.json:2:2: error: JSON does not allow comments (remove the comment)");
    EXPECT_NE(error("{}").find("the configuration has no realm"), std::string::npos);
    EXPECT_NE(error(R"({"a":1,"a":2})").find("the key \"a\" appears twice"), std::string::npos);
    EXPECT_NE(error(std::string(100'000, '[')).find("nested deeper than 32 levels"),
              std::string::npos);
}

}  // namespace
}  // namespace sallyport::policy
