#include "policy/pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sallyport::policy {
namespace {

using wamp::MatchPolicy;

constexpr Bindings joe{"joe", "operator"};

bool covers(std::string_view rule, MatchPolicy rule_match, std::string_view asked,
            MatchPolicy match = MatchPolicy::exact, const Bindings& bindings = joe,
            bool unfit = false) {
    return Pattern(rule, rule_match).covers(AskedUri(asked, match), bindings, unfit);
}

bool meets(std::string_view rule, MatchPolicy rule_match, std::string_view asked,
           MatchPolicy match = MatchPolicy::exact, const Bindings& bindings = joe,
           bool unfit = false) {
    return Pattern(rule, rule_match).meets(AskedUri(asked, match), bindings, unfit);
}

TEST(IsBindable, TakesOneComponentOnly) {  // DESIGN §7.5
    for (const char* fit : {"joe", "joe@example", "\xC3\xA4", "${authid}", "a-b_c"})
        EXPECT_TRUE(is_bindable(fit)) << fit;
    for (const char* unfit : {"", ".", "a.b", "*", "a*", "#", "a b", "a\tb", "a\x7F", "\xC2\xA0"})
        EXPECT_FALSE(is_bindable(unfit)) << unfit;
}

TEST(AskedUri, KnowsWhatAllItsMatchesBeginWith) {
    EXPECT_EQ(AskedUri("a.b.c", MatchPolicy::exact).literal_head(), "a.b.c");
    EXPECT_EQ(AskedUri("a.b.c", MatchPolicy::prefix).literal_head(), "a.b.c");
    EXPECT_EQ(AskedUri("a..c", MatchPolicy::wildcard).literal_head(), "a.");
    EXPECT_EQ(AskedUri("a.b.", MatchPolicy::wildcard).literal_head(), "a.b.");
    EXPECT_EQ(AskedUri("", MatchPolicy::wildcard).literal_head(), "");
    EXPECT_TRUE(AskedUri("a.b", MatchPolicy::wildcard).is_one());
    EXPECT_FALSE(AskedUri("a.b", MatchPolicy::prefix).is_one());
    EXPECT_EQ(AskedUri("a.b", MatchPolicy::prefix).partial(), "b");
    EXPECT_EQ(AskedUri("a.b.", MatchPolicy::prefix).length(), 3U);
}

TEST(AskedUri, TakesAsManyComponentsAsAUriCanHave) {
    EXPECT_EQ(AskedUri(std::string(wamp::uri_bytes_max, '.'), MatchPolicy::wildcard).count(),
              wamp::uri_bytes_max + 1);
}

TEST(Pattern, CoversByComponents) {
    EXPECT_TRUE(covers("a.b", MatchPolicy::exact, "a.b"));
    EXPECT_FALSE(covers("a.b", MatchPolicy::exact, "a.b.c"));
    EXPECT_TRUE(covers("a.", MatchPolicy::prefix, "a.b"));
    EXPECT_FALSE(covers("a.", MatchPolicy::prefix, "a"));
    EXPECT_FALSE(covers("a.", MatchPolicy::prefix, "ab.c"));
    EXPECT_TRUE(covers("a..c", MatchPolicy::wildcard, "a.b.c"));
    EXPECT_FALSE(covers("a..c", MatchPolicy::wildcard, "a.b.c.d"));
    EXPECT_TRUE(covers("a.", MatchPolicy::wildcard, "a.b"));
    EXPECT_FALSE(covers("a.", MatchPolicy::wildcard, "a.b.c"));
    EXPECT_TRUE(covers("", MatchPolicy::prefix, "a"));
    EXPECT_TRUE(covers("", MatchPolicy::wildcard, "a"));
    EXPECT_FALSE(covers("", MatchPolicy::wildcard, "a.b"));
}

TEST(Pattern, CoversAPatternOnlyAsAWhole) {  // W-AUZ-03
    EXPECT_TRUE(covers("a.", MatchPolicy::prefix, "a.b", MatchPolicy::prefix));
    EXPECT_TRUE(covers("a.", MatchPolicy::prefix, "a.", MatchPolicy::prefix));
    EXPECT_FALSE(covers("a.", MatchPolicy::prefix, "a", MatchPolicy::prefix));  // also "ab"
    EXPECT_FALSE(covers("a.b", MatchPolicy::exact, "a.b", MatchPolicy::prefix));
    EXPECT_FALSE(covers("a.", MatchPolicy::wildcard, "a.", MatchPolicy::prefix));
    EXPECT_TRUE(covers("a..c", MatchPolicy::wildcard, "a..c", MatchPolicy::wildcard));
    EXPECT_FALSE(covers("a..c", MatchPolicy::wildcard, "a..", MatchPolicy::wildcard));
    EXPECT_TRUE(covers("a.", MatchPolicy::prefix, "a..c", MatchPolicy::wildcard));
    EXPECT_FALSE(covers("a.b.", MatchPolicy::prefix, "a..c", MatchPolicy::wildcard));
    EXPECT_FALSE(covers("${authid}.x", MatchPolicy::exact, ".x", MatchPolicy::wildcard));
}

TEST(Pattern, BindsPlaceholdersToTheWholeComponent) {
    EXPECT_TRUE(covers("u.${authid}", MatchPolicy::exact, "u.joe"));
    EXPECT_FALSE(covers("u.${authid}", MatchPolicy::exact, "u.ann"));
    EXPECT_FALSE(covers("u.${authid}", MatchPolicy::exact, "u.joe.x"));
    EXPECT_TRUE(covers("u.${authrole}.", MatchPolicy::prefix, "u.operator.x"));
    EXPECT_FALSE(covers("u.${authid}", MatchPolicy::exact, "u.joe.x", MatchPolicy::exact,
                        {"joe.x", ""}));
    // Unfit: no allow, and a forbid of whatever stands there.
    EXPECT_FALSE(covers("u.${authid}", MatchPolicy::exact, "u.x", MatchPolicy::exact, {"", ""}));
    EXPECT_TRUE(
        covers("u.${authid}", MatchPolicy::exact, "u.x", MatchPolicy::exact, {"", ""}, true));
    EXPECT_FALSE(covers("u.${authid}", MatchPolicy::exact, "u.${authid}"));
}

TEST(Pattern, MeetsWhatHasAUriInCommon) {
    EXPECT_TRUE(meets("a.b", MatchPolicy::exact, "a.", MatchPolicy::prefix));
    EXPECT_TRUE(meets("a.bc", MatchPolicy::exact, "a.b", MatchPolicy::prefix));
    EXPECT_FALSE(meets("a", MatchPolicy::exact, "a.", MatchPolicy::prefix));
    EXPECT_TRUE(meets("a.b.c.", MatchPolicy::prefix, "a", MatchPolicy::prefix));
    EXPECT_TRUE(meets("a.", MatchPolicy::prefix, "a.b.c", MatchPolicy::prefix));
    EXPECT_FALSE(meets("b.", MatchPolicy::prefix, "a", MatchPolicy::prefix));
    EXPECT_TRUE(meets("a..c", MatchPolicy::wildcard, ".b.", MatchPolicy::wildcard));
    EXPECT_FALSE(meets("a..c", MatchPolicy::wildcard, ".b.d", MatchPolicy::wildcard));
    EXPECT_FALSE(meets("a..c", MatchPolicy::wildcard, "..", MatchPolicy::wildcard) &&
                 meets("a..c", MatchPolicy::wildcard, ".", MatchPolicy::wildcard));
    EXPECT_TRUE(meets("a.", MatchPolicy::prefix, "..", MatchPolicy::wildcard));
    EXPECT_FALSE(meets("a.b.c.", MatchPolicy::prefix, "..", MatchPolicy::wildcard));
    EXPECT_TRUE(meets("u.${authid}", MatchPolicy::exact, "u.j", MatchPolicy::prefix));
    EXPECT_FALSE(meets("u.${authid}", MatchPolicy::exact, "u.k", MatchPolicy::prefix));
    EXPECT_FALSE(meets("u.${authid}", MatchPolicy::exact, "u.", MatchPolicy::wildcard, {"*", ""}));
    EXPECT_TRUE(
        meets("u.${authid}", MatchPolicy::exact, "u.", MatchPolicy::wildcard, {"*", ""}, true));
}

TEST(Shape, OrdersBySpecificity) {
    const auto shape = [](std::string_view text, MatchPolicy match = MatchPolicy::exact) {
        return Pattern(text, match).shape();
    };
    EXPECT_LT(shape("a.b"), shape("a.", MatchPolicy::prefix));
    EXPECT_LT(shape("a.b"), shape("a.${authid}"));
    EXPECT_LT(shape("a.${authid}"), shape("a.", MatchPolicy::wildcard));
    EXPECT_LT(shape("a.", MatchPolicy::wildcard), shape("a.", MatchPolicy::prefix));
    EXPECT_LT(shape("a.b.", MatchPolicy::prefix), shape("a..c", MatchPolicy::wildcard));
    EXPECT_LT(shape("a..c", MatchPolicy::wildcard), shape(".b.c", MatchPolicy::wildcard));
    EXPECT_LT(shape("a.b.", MatchPolicy::prefix), shape("a.", MatchPolicy::prefix));
}

}  // namespace
}  // namespace sallyport::policy
