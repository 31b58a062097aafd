#include "policy/tools/analysis/unused.h"

#include "policy/tools/analysis/diff.h"
#include "tests/unit/policy/tools/random_policy.h"
#include "tests/unit/policy/tools/support.h"

namespace sallyport::policy {
namespace {

using Unused = ToolTest;

constexpr const char* policy_text = R"(realm = "r"
[[allow]]
id = "all"
roles = ["*"]
actions = ["call"]
match = "prefix"
uri = "lab."
[[allow]]
id = "off"
roles = ["guest"]
actions = ["call"]
uri = ["lab.off.now", "lab.on"]
[[forbid]]
id = "never"
roles = ["*"]
actions = ["call"]
match = "wildcard"
uri = ["lab..", ".danger"]
[[forbid]]
id = "also"
roles = ["guest"]
actions = ["call"]
uri = "lab.danger"
[[allow]]
id = "low"
roles = ["*"]
actions = ["call"]
uri = "lab.slew"
where = [{ arg = 0, type = "integer", max = 10 }]
[[allow]]
id = "low-again"
roles = ["*"]
actions = ["call"]
uri = "lab.slew"
where = [{ arg = 0, type = "integer", max = 10 }]
[[allow]]
id = "lower"
roles = ["*"]
actions = ["call"]
uri = "lab.slew"
where = [{ arg = 0, type = "integer", max = 20 }]
)";

LoadedRealm load(const std::string& path) {
    LoadOptions options;
    options.routes_required = false;
    options.any_backend = true;
    auto realm = load_realm(path, options);
    if (realm) return *std::move(realm);
    ADD_FAILURE() << to_string(realm.error().front());
    return {};
}

TEST_F(Unused, FindsWhatOthersAlwaysDecide) {
    const LoadedRealm realm = load(file("r.toml", policy_text));
    EXPECT_EQ(print_unused(realm, nullptr, to_), 1);
    EXPECT_EQ(out(),
              "r.toml:12:8: allow off for \"lab.off.now\" never decides: never always does\n"
              "r.toml:19:1: forbid also never decides: never always does\n"
              "r.toml:30:1: allow low-again never decides: low always does\n"
              "7 rules: 3 never decide\n");
}

TEST_F(Unused, FindsWhatNoRouteCovers) {
    const LoadedRealm realm =
        load(file("r.toml", std::string(policy_text) + "[[route]]\nid = \"x\"\nuri = "
                                                       "\"lab.on\"\nto = \"inside\"\n"));
    EXPECT_EQ(print_unused(realm, nullptr, to_), 1);
    EXPECT_NE(out().find("allow low never decides: no route covers it"), std::string::npos)
        << out();
}

TEST_F(Unused, CountsHitsInALog) {
    const LoadedRealm realm = load(file("r.toml", policy_text));
    HitCounts hits("r");
    for (int i = 0; i < 3; ++i)
        hits.line(R"({"outcome":"allow","realm":"r","action":"call","uri":"lab.x","rule":"all"})");
    hits.line(R"({"outcome":"deny","realm":"r","action":"call","uri":"x.danger","rule":"never"})");
    hits.line(R"({"outcome":"allow","realm":"q","action":"call","uri":"lab.x","rule":"also"})");
    EXPECT_FALSE(hits.line("rubbish"));
    EXPECT_EQ(hits.of("all"), 3U);
    EXPECT_EQ(hits.of("also"), 0U);
    EXPECT_EQ(print_unused(realm, &hits, to_), 1);
    EXPECT_NE(out().find("r.toml:8:1: allow off decided nothing\n"), std::string::npos) << out();
    EXPECT_EQ(out().find("allow all decided nothing"), std::string::npos);
    EXPECT_TRUE(
        out().ends_with("7 rules: 3 never decide, 5 decided nothing in 4 decisions; 1 "
                        "unreadable, at line 6\n"))
        << out();
    out_.str("");
    EXPECT_EQ(print_unused(realm, &hits, json_), 1);
    EXPECT_NE(out().find(R"({"rule":"all","hits":3})"), std::string::npos) << out();
}

TEST_F(Unused, CountsWhatAShadowWouldHaveDecided) {
    const LoadedRealm realm = load(file("r.toml", R"(realm = "r"
[[allow]]
id = "all"
roles = ["*"]
actions = ["call"]
uri = "lab.x"
[[forbid]]
id = "met"
shadow = true
roles = ["*"]
actions = ["call"]
uri = "lab.x"
[[forbid]]
id = "unmet"
shadow = true
roles = ["*"]
actions = ["call"]
uri = "lab.x"
)"));
    HitCounts hits("r");
    hits.line(R"({"outcome":"allow","realm":"r","action":"call","uri":"lab.x","rule":"all"})");
    hits.line(R"({"outcome":"shadow","realm":"r","action":"call","uri":"lab.x","rule":"met"})");
    EXPECT_EQ(hits.of("met"), 1U);
    EXPECT_EQ(print_unused(realm, &hits, to_), 1);
    EXPECT_EQ(out(),
              "r.toml:13:1: forbid unmet, a shadow, would have decided nothing\n"
              "3 rules: 0 never decide, 1 decided nothing in 1 decision\n");
}

// What never decides can go without a difference.
TEST(UnusedAgainstDiff, RulesThatNeverDecideCanGo) {
    int found = 0;
    int kept = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const PolicyFile file = RandomPolicies(seed).file();
        const auto policy = Compiler::compile(file, {false, {}, true}, "");
        if (!policy) continue;
        const auto never = unreachable_rules(file);
        for (std::size_t index = 0; index < file.rules.size(); ++index) {
            const RuleText& rule = file.rules[index];
            const bool told = std::any_of(never.begin(), never.end(), [&rule](const auto& one) {
                return one.rule == &rule && one.uri == nullptr;
            });
            if (rule.shadow) continue;
            PolicyFile less = file;
            less.rules.erase(less.rules.begin() + static_cast<std::ptrdiff_t>(index));
            const auto without = Compiler::compile(less, {false, {}, true}, "");
            if (!without) continue;
            const bool same = differences({file, **policy}, {less, **without}).empty();
            if (told) {
                ASSERT_TRUE(same) << "seed " << seed << " " << rule.id;
            }
            ++(told ? found : kept);
        }
    }
    EXPECT_GE(found, 30);
    EXPECT_GE(kept, 300);
}

}  // namespace
}  // namespace sallyport::policy
