#include "policy/tools/import/crossbar.h"

#include <gtest/gtest.h>

#include "policy/tools/import/crossbar_reader.h"

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

}  // namespace
}  // namespace sallyport::policy
