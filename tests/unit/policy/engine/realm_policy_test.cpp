#include "policy/engine/realm_policy.h"

#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

using wamp::MatchPolicy;

constexpr std::string_view text = R"(
realm = "r"
[[route]]
id = "lab"
match = "prefix"
uri = ["com.", "lab."]
to = "inside"
[[route]]
id = "plc"
match = "prefix"
uri = "lab.plc."
to = "plc"
[[allow]]
id = "app"
roles = ["guest"]
actions = ["subscribe", "register", "call"]
match = "prefix"
uri = "com.app."
limits = { payload = "1KiB" }
[[allow]]
id = "one"
roles = ["guest"]
actions = ["call"]
uri = "com.app.one"
limits = { payload = 10, rate = "5/s" }
[[allow]]
id = "lab-watch"
roles = ["*"]
actions = ["subscribe"]
match = "prefix"
uri = "lab."
[[allow]]
id = "nowhere"
roles = ["guest"]
actions = ["call"]
uri = "org.x"
[[forbid]]
id = "secret"
roles = ["*"]
actions = ["call", "subscribe", "register"]
match = "prefix"
uri = "com.app.secret."
[[forbid]]
id = "key"
roles = ["guest"]
actions = ["subscribe"]
uri = "com.app.keys.master"
)";

class Realm : public testing::Test {
protected:
    std::string subscribe(std::string_view uri, MatchPolicy match,
                          std::string_view role = "guest") const {
        return ask(*policy_, role, Action::subscribe, uri, match);
    }
    std::string call(std::string_view uri, std::size_t bytes = 0,
                     std::string_view role = "guest") const {
        return ask(*policy_, role, Action::call, uri, MatchPolicy::exact, bytes);
    }

    std::shared_ptr<const RealmPolicy> policy_ = compiled(text);
};

TEST_F(Realm, DeniesByDefault) {  // W-AUZ-01
    EXPECT_EQ(call("com.other"), "no_allow");
    EXPECT_EQ(call("com.app.x", 0, "nobody"), "no_allow");
    EXPECT_EQ(ask(*policy_, "guest", Action::publish, "com.app.x"), "no_allow");
}

TEST_F(Realm, KeepsComponentBoundaries) {  // W-AUZ-04
    EXPECT_EQ(call("com.app.x"), "allow app");
    EXPECT_EQ(call("com.app.x.y.z"), "allow app");
    EXPECT_EQ(call("com.app"), "no_allow");
    EXPECT_EQ(call("com.app2"), "no_allow");
    EXPECT_EQ(call("com.app2.x"), "no_allow");
}

TEST_F(Realm, LetsAForbidWinOverAnyAllow) {  // W-AUZ-04
    EXPECT_EQ(call("com.app.secret.x"), "forbid secret");
    EXPECT_EQ(call("com.app.secret"), "allow app");
    EXPECT_EQ(call("com.app.secret.x", 0, "nobody"), "forbid secret");
}

TEST_F(Realm, TakesTheLimitsOfTheMostSpecificAllow) {
    EXPECT_EQ(call("com.app.one", 10), "allow one");
    EXPECT_EQ(call("com.app.one", 11), "payload one");
    EXPECT_EQ(call("com.app.two", 1024), "allow app");
    EXPECT_EQ(call("com.app.two", 1025), "payload app");
    const Decision decision =
        policy_->decide({policy_->role("guest")}, {Action::call, "com.app.one"});
    EXPECT_EQ(std::get<Permit>(decision).limits().rate_per_s, 5);
}

TEST_F(Realm, NeedsARoute) {
    EXPECT_EQ(call("org.x"), "no_route nowhere");
}

TEST_F(Realm, TakesTheMostSpecificRoute) {
    const auto route = [this](std::string_view uri, MatchPolicy match) {
        const Decision decision =
            policy_->decide({policy_->role("x")}, {Action::subscribe, uri, match});
        return policy_->route(std::get<Permit>(decision).route()).id;
    };
    EXPECT_EQ(route("lab.x", MatchPolicy::exact), "lab");
    EXPECT_EQ(route("lab.plc", MatchPolicy::exact), "lab");
    EXPECT_EQ(route("lab.plc.x", MatchPolicy::exact), "plc");
    EXPECT_EQ(route("lab.plc.x", MatchPolicy::prefix), "plc");
    EXPECT_EQ(route("lab.x.", MatchPolicy::prefix), "lab");
}

TEST_F(Realm, RefusesAPatternThatLeadsToTwoPlaces) {
    EXPECT_EQ(subscribe("lab.", MatchPolicy::prefix), "pattern lab-watch");
    EXPECT_EQ(subscribe("lab.pl", MatchPolicy::prefix), "pattern lab-watch");
    EXPECT_EQ(subscribe("lab..x", MatchPolicy::wildcard), "pattern lab-watch");
    EXPECT_EQ(subscribe("lab.", MatchPolicy::wildcard),
              "allow lab-watch");  // two components: none is below lab.plc.
    EXPECT_EQ(subscribe("lab.plc.", MatchPolicy::prefix), "allow lab-watch");
}

TEST_F(Realm, PassesAPrefixOnlyWhenAllOfItIsAllowed) {  // W-AUZ-03, W-SUB-22, W-URI-10, W-SEC-07
    for (const char* wider : {"", "c", "com", "com.", "com.a", "com.ap", "com.app"}) {
        EXPECT_EQ(subscribe(wider, MatchPolicy::prefix), "pattern") << wider;
    }
    EXPECT_EQ(subscribe("com.app.x", MatchPolicy::prefix), "allow app");
    EXPECT_EQ(subscribe("com.app.x.", MatchPolicy::prefix), "allow app");
    EXPECT_EQ(subscribe("com.app2", MatchPolicy::prefix), "pattern");
}

TEST_F(Realm, RefusesAPrefixThatReachesAForbid) {
    EXPECT_EQ(subscribe("com.app.", MatchPolicy::prefix), "forbid key");
    EXPECT_EQ(subscribe("com.app.k", MatchPolicy::prefix), "forbid key");
    EXPECT_EQ(subscribe("com.app.keys.master", MatchPolicy::prefix), "forbid key");
    EXPECT_EQ(subscribe("com.app.keys.masters", MatchPolicy::prefix), "allow app");
    EXPECT_EQ(subscribe("com.app.secret", MatchPolicy::prefix), "forbid secret");
    EXPECT_EQ(subscribe("com.app.secret.deep.", MatchPolicy::prefix), "forbid secret");
}

TEST_F(Realm, PassesAWildcardOnlyWhenAllOfItIsAllowed) {  // W-AUZ-03
    EXPECT_EQ(subscribe("com.app..x", MatchPolicy::wildcard), "forbid secret");
    EXPECT_EQ(subscribe("com.app.", MatchPolicy::wildcard), "allow app");
    EXPECT_EQ(subscribe("com.app.a..b", MatchPolicy::wildcard), "allow app");
    EXPECT_EQ(subscribe("com.app.keys.", MatchPolicy::wildcard), "forbid key");
    EXPECT_EQ(subscribe("com.app.keys..", MatchPolicy::wildcard), "allow app");
    EXPECT_EQ(subscribe("com..x", MatchPolicy::wildcard), "pattern");
    EXPECT_EQ(subscribe(".app.x", MatchPolicy::wildcard), "pattern");
    EXPECT_EQ(subscribe("", MatchPolicy::wildcard), "pattern");
}

TEST_F(Realm, TakesAWildcardWithoutAnOpenPlaceAsTheUriItSpells) {
    EXPECT_EQ(subscribe("com.app.x", MatchPolicy::wildcard), "allow app");
    EXPECT_EQ(subscribe("com.app", MatchPolicy::wildcard), "no_allow");
    EXPECT_EQ(subscribe("com.app.keys.master", MatchPolicy::wildcard), "forbid key");
}

TEST_F(Realm, GivesRolesThatNoRuleNamesTheRulesForAll) {
    EXPECT_EQ(policy_->role("stranger"), RoleIndex{0});
    EXPECT_EQ(policy_->role("*"), RoleIndex{0});
    EXPECT_EQ(subscribe("lab.x", MatchPolicy::exact, "stranger"), "allow lab-watch");
}

TEST_F(Realm, ChecksEventsByTheirTopic) {
    const RoleIndex guest = policy_->role("guest");
    EXPECT_TRUE(policy_->may_receive({guest}, "com.app.x"));
    EXPECT_TRUE(policy_->may_receive({guest}, "lab.plc.x"));
    EXPECT_FALSE(policy_->may_receive({guest}, "com.app"));
    EXPECT_FALSE(policy_->may_receive({guest}, "com.app.secret.x"));
    EXPECT_FALSE(policy_->may_receive({guest}, "com.app.keys.master"));
    EXPECT_FALSE(policy_->may_receive({policy_->role("x")}, "com.app.x"));
}

TEST_F(Realm, DeniesWhatIsLongerThanAnyUri) {
    EXPECT_EQ(call("com.app." + std::string(wamp::uri_bytes_max - 8, 'x')), "allow app");
    EXPECT_EQ(call("com.app." + std::string(wamp::uri_bytes_max - 7, 'x')), "no_allow");
    const RoleIndex guest = policy_->role("guest");
    const std::string longest = "com.app." + std::string(wamp::uri_bytes_max - 8, 'x');
    EXPECT_TRUE(policy_->may_receive({guest}, longest));
    EXPECT_FALSE(policy_->may_receive({guest}, longest + 'x'));
}

}  // namespace
}  // namespace sallyport::policy
