#include "policy/tools/analysis/two_doors.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "policy/file/load.h"
#include "tests/unit/policy/tools/support.h"

namespace sallyport::policy {
namespace {

constexpr const char* head = "realm = \"r\"\n[auth]\nanonymous = { role = \"guest\" }\n";

class TwoDoors : public ToolTest {
protected:
    static std::string rule(const std::string& kind, const std::string& id, const std::string& role,
                            const std::string& action, const std::string& match,
                            const std::string& uri, const std::string& more = "") {
        return "[[" + kind + "]]\nid = \"" + id + "\"\nroles = [\"" + role + "\"]\nactions = [\"" +
               action + "\"]\nmatch = \"" + match + "\"\nuri = \"" + uri + "\"\n" + more;
    }
    static std::string route(const std::string& to, const std::string& prefix,
                             const std::string& more = "") {
        return "[[route]]\nid = \"to-" + to + "\"\nmatch = \"prefix\"\nuri = \"" + prefix +
               "\"\nto = \"" + to + "\"\n" + more;
    }
    LoadedRealm load(const std::string& name, const std::string& text) const {
        LoadOptions options;
        options.routes_required = false;
        options.any_backend = true;
        auto realm = load_realm(file(name, head + text), options);
        EXPECT_FALSE(realm.has_error()) << (realm.has_error() ? realm.error().front().text : "");
        return *std::move(realm);
    }
    std::vector<LostPassage> lost(const std::string& first, const std::string& second,
                                  bool conveys = true) const {
        const LoadedRealm outside = load("outside.toml", first);
        const LoadedRealm inside = load("inside.toml", second);
        const SecondDoor door{"lab", {inside.file, *inside.policy}, conveys};
        return lost_passages({outside.file, *outside.policy}, {&door, 1});
    }
};

TEST_F(TwoDoors, FindNothingLostWhereBothAllow) {
    const std::string both = rule("allow", "drive", "operator", "call", "exact", "lab.slew");
    EXPECT_TRUE(lost(route("lab", "lab.") + both, both).empty());
}

TEST_F(TwoDoors, NameARuleThatHasNoEffectForARole) {
    const auto found = lost(route("lab", "lab.") +
                                rule("allow", "drive", "operator", "call", "exact", "lab.slew") +
                                rule("allow", "look", "guest", "call", "exact", "lab.status"),
                            rule("allow", "inner", "operator", "call", "prefix", "lab."));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].rule.id, "look");
    EXPECT_TRUE(found[0].wholly);
    EXPECT_EQ(found[0].roles, std::vector<std::string>{"guest"});
    EXPECT_EQ(found[0].uri, "lab.status");
    EXPECT_EQ(found[0].backends, "lab");
    EXPECT_EQ(found[0].why, "deny: no rule allows it");
}

TEST_F(TwoDoors, TellPartsFromTheWhole) {
    const auto found =
        lost(route("lab", "lab.") + rule("allow", "all", "guest", "call", "prefix", "lab."),
             rule("allow", "one", "guest", "call", "exact", "lab.echo"));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_FALSE(found[0].wholly);
    EXPECT_NE(found[0].uri, "lab.echo");
}

TEST_F(TwoDoors, FollowARouteThatRewrites) {
    const std::string outside = route("lab", "lab.", "rewrite = \"site.a.\"\n") +
                                rule("allow", "look", "guest", "call", "exact", "lab.status") +
                                rule("allow", "drive", "guest", "call", "exact", "lab.slew");
    // Under the name that the clients use it would pass, under that of the inside it does not.
    const auto found =
        lost(outside, rule("allow", "a", "guest", "call", "exact", "lab.status") +
                          rule("allow", "b", "guest", "call", "wildcard", "site..slew"));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].rule.id, "look");
    EXPECT_EQ(found[0].uri_inside, "site.a.status");
}

TEST_F(TwoDoors, DecideSubscriptionsAndRegistrationsForTheGateway) {
    const std::string outside = route("lab", "lab.") +
                                rule("allow", "watch", "guest", "subscribe", "prefix", "lab.") +
                                rule("allow", "serve", "guest", "register", "exact", "lab.x");
    EXPECT_TRUE(lost(outside, rule("allow", "a", "gateway", "subscribe", "prefix", "lab.") +
                                  rule("allow", "b", "gateway", "register", "exact", "lab.x"))
                    .empty());
    const auto found = lost(outside, rule("allow", "a", "guest", "subscribe", "prefix", "lab.") +
                                         rule("allow", "b", "guest", "register", "exact", "lab.x"));
    EXPECT_EQ(found.size(), 2U);
    EXPECT_TRUE(
        std::all_of(found.begin(), found.end(), [](const auto& one) { return one.wholly; }));
}

TEST_F(TwoDoors, DecideEverythingForTheGatewayIfItConveysNobody) {
    const std::string outside =
        route("lab", "lab.") + rule("allow", "look", "guest", "call", "exact", "lab.status");
    const std::string for_guests = rule("allow", "a", "guest", "call", "exact", "lab.status");
    const std::string for_gateway = rule("allow", "a", "gateway", "call", "exact", "lab.status");
    EXPECT_EQ(lost(outside, for_guests, false).size(), 1U);
    EXPECT_TRUE(lost(outside, for_gateway, false).empty());
    EXPECT_EQ(lost(outside, for_gateway).size(), 1U);
}

TEST_F(TwoDoors, TryArguments) {
    const auto where = [](const std::string& limit) {
        return "where = [{ arg = 0, type = \"integer\", " + limit + " }]\n";
    };
    const std::string first = route("lab", "lab.") + rule("allow", "drive", "guest", "call",
                                                          "exact", "lab.slew", where("min = 10"));
    EXPECT_TRUE(
        lost(first, rule("allow", "a", "guest", "call", "exact", "lab.slew", where("min = 5")))
            .empty());
    const auto part =
        lost(first, rule("allow", "a", "guest", "call", "exact", "lab.slew", where("min = 20")));
    ASSERT_EQ(part.size(), 1U);
    EXPECT_FALSE(part[0].wholly);
    const auto whole =
        lost(first, rule("allow", "a", "guest", "call", "exact", "lab.slew", where("max = 9")));
    ASSERT_EQ(whole.size(), 1U);
    EXPECT_TRUE(whole[0].wholly);
}

TEST_F(TwoDoors, LeaveOutWhatLeadsElsewhereAndWhatTheGatewayAnswers) {
    const std::string meta = rule("allow", "count", "guest", "call", "exact", "wamp.session.count",
                                  "grants = [\"meta\"]\n");
    EXPECT_TRUE(lost(route("other", "lab.") + route("lab", "x.") + meta +
                         rule("allow", "look", "guest", "call", "exact", "lab.status"),
                     rule("allow", "a", "nobody", "call", "exact", "lab.status"))
                    .empty());
}

TEST_F(TwoDoors, JoinRolesWithTheSameOutcome) {
    const auto found = lost(route("lab", "lab.") +
                                "[[allow]]\nid = \"look\"\nroles = [\"guest\", "
                                "\"operator\", \"*\"]\nactions = [\"call\"]\nuri = "
                                "\"lab.status\"\n",
                            rule("allow", "a", "operator", "call", "exact", "lab.status"));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_TRUE(found[0].others);
    EXPECT_TRUE(found[0].wholly);
    EXPECT_EQ(std::count(found[0].roles.begin(), found[0].roles.end(), "operator"), 0);
}

}  // namespace
}  // namespace sallyport::policy
