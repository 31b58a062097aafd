#include "policy/engine/pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace sallyport::policy {
namespace {

using wamp::MatchPolicy;

constexpr Bindings joe{"joe", "operator"};

bool covers(std::string_view rule, MatchPolicy rule_match, std::string_view asked,
            MatchPolicy match = MatchPolicy::exact, const Bindings& bindings = joe,
            bool unfit = false) {
    return Pattern(rule, rule_match).covers(RequestedUri(asked, match), bindings, unfit);
}

bool meets(std::string_view rule, MatchPolicy rule_match, std::string_view asked,
           MatchPolicy match = MatchPolicy::exact, const Bindings& bindings = joe,
           bool unfit = false) {
    return Pattern(rule, rule_match).meets(RequestedUri(asked, match), bindings, unfit);
}

TEST(IsBindable, TakesOneComponentOnly) {  // architecture: Policy 5
    for (const char* fit : {"joe", "joe@example", "\xC3\xA4", "${authid}", "a-b_c"})
        EXPECT_TRUE(is_bindable(fit)) << fit;
    for (const char* unfit : {"", ".", "a.b", "*", "a*", "#", "a b", "a\tb", "a\x7F", "\xC2\xA0"})
        EXPECT_FALSE(is_bindable(unfit)) << unfit;
}

TEST(RequestedUri, KnowsWhatAllItsMatchesBeginWith) {
    EXPECT_EQ(RequestedUri("a.b.c", MatchPolicy::exact).literal_head(), "a.b.c");
    EXPECT_EQ(RequestedUri("a.b.c", MatchPolicy::prefix).literal_head(), "a.b.c");
    EXPECT_EQ(RequestedUri("a..c", MatchPolicy::wildcard).literal_head(), "a.");
    EXPECT_EQ(RequestedUri("a.b.", MatchPolicy::wildcard).literal_head(), "a.b.");
    EXPECT_EQ(RequestedUri("", MatchPolicy::wildcard).literal_head(), "");
    EXPECT_TRUE(RequestedUri("a.b", MatchPolicy::wildcard).is_one());
    EXPECT_FALSE(RequestedUri("a.b", MatchPolicy::prefix).is_one());
    EXPECT_EQ(RequestedUri("a.b", MatchPolicy::prefix).partial(), "b");
    EXPECT_EQ(RequestedUri("a.b.", MatchPolicy::prefix).length(), 3U);
}

TEST(RequestedUri, TakesAsManyComponentsAsAUriCanHave) {
    EXPECT_EQ(RequestedUri(std::string(wamp::uri_bytes_max, '.'), MatchPolicy::wildcard).count(),
              wamp::uri_bytes_max + 1);
}

TEST(RequestedUri, KnowsTheSameOfAllThatItOnlyCounts) {
    // All texts of up to nine letters and dots.
    for (unsigned size = 0; size < 10; ++size) {
        for (unsigned bits = 0; bits < 1U << size; ++bits) {
            std::string text;
            for (unsigned i = 0; i < size; ++i) text += (bits >> i & 1U) != 0 ? '.' : 'a';
            for (const auto match :
                 {MatchPolicy::exact, MatchPolicy::prefix, MatchPolicy::wildcard}) {
                const RequestedUri whole(text, match);
                for (std::size_t depth = 1; depth < 12; ++depth) {
                    const RequestedUri uri(text, match, depth);
                    ASSERT_EQ(uri.count(), whole.count()) << text << " " << depth;
                    ASSERT_EQ(uri.length(), whole.length()) << text << " " << depth;
                    ASSERT_EQ(uri.is_one(), whole.is_one()) << text << " " << depth;
                    ASSERT_EQ(uri.literal_head(), whole.literal_head()) << text << " " << depth;
                    ASSERT_EQ(uri.is_within_depth(), whole.count() <= depth)
                        << text << " " << depth;
                    if (uri.is_within_depth()) {
                        ASSERT_EQ(uri.partial(), whole.partial()) << text;
                    }
                    for (std::size_t i = 0; i < std::min(depth, uri.count()); ++i) {
                        ASSERT_EQ(uri[i].text(), whole[i].text()) << text << " " << depth;
                        ASSERT_EQ(uri[i].folded, whole[i].folded) << text << " " << depth;
                    }
                }
            }
        }
    }
}

TEST(HashOf, DistinguishesComponents) {
    std::set<std::string> texts;
    for (const char letter : {'a', 'b', '\0'}) {
        for (std::size_t size = 0; size <= 40; ++size) {
            const std::string alike(size, letter);
            texts.insert(alike);
            for (std::size_t at = 0; at < size; ++at) {
                std::string text = alike;
                text[at] = 'x';
                texts.insert(text);
            }
        }
    }
    std::set<std::uint64_t> hashes;
    for (const std::string& text : texts) hashes.insert(hash_of(text));
    EXPECT_EQ(hashes.size(), texts.size());
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
    EXPECT_FALSE(
        covers("u.${authid}", MatchPolicy::exact, "u.joe.x", MatchPolicy::exact, {"joe.x", ""}));
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
