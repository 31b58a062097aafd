#include "policy/pattern_table.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::policy {
namespace {

using wamp::MatchPolicy;

std::string_view text_of(const PatternTable::Entry* entry) {
    return entry == nullptr ? "-" : entry->text;
}

// Sorted by text.
const PatternTable table(
    {{"com.app", 1}, {"com.app.", 2}, {"com.app.sub.", 3}, {"com.app.sub.x", 4}, {"org.", 5}});

TEST(PatternTable, FindsTheMostSpecificEntry) {
    EXPECT_EQ(text_of(table.find(HashedUri("com.app.sub.x"))), "com.app.sub.x");
    EXPECT_EQ(text_of(table.find(HashedUri("com.app.sub.y"))), "com.app.sub.");
    EXPECT_EQ(text_of(table.find(HashedUri("com.app.sub.x.y"))), "com.app.sub.");
    EXPECT_EQ(text_of(table.find(HashedUri("com.app.sub"))), "com.app.");
    EXPECT_EQ(text_of(table.find(HashedUri("com.app"))), "com.app");
}

TEST(PatternTable, KeepsComponentBoundaries) {  // W-SUB-22
    EXPECT_EQ(text_of(table.find(HashedUri("com.app2"))), "-");
    EXPECT_EQ(text_of(table.find(HashedUri("com.app2.x"))), "-");
    EXPECT_EQ(text_of(table.find(HashedUri("org"))), "-");
    EXPECT_EQ(text_of(table.find(HashedUri("com"))), "-");
}

TEST(PatternTable, FindsNothingWhenEmpty) {
    EXPECT_EQ(PatternTable().find(HashedUri("a.b")), nullptr);
    EXPECT_EQ(PatternTable().find_prefix(HashedUri("a.")), nullptr);
    EXPECT_EQ(PatternTable().find_within("", MatchPolicy::prefix), nullptr);
}

TEST(PatternTable, TakesTheEmptyPrefixAsTheOneOfAll) {
    const PatternTable all({{"", 1}, {"com.", 2}});
    EXPECT_EQ(text_of(all.find(HashedUri("x"))), "");
    EXPECT_EQ(text_of(all.find(HashedUri("com.x"))), "com.");
    EXPECT_EQ(text_of(all.find_prefix(HashedUri("com"))), "");
}

TEST(PatternTable, FindsPrefixesOfAnyDepth) {
    std::string deep;
    for (int i = 0; i < 500; ++i) deep += "a.";
    const std::string shallow = deep.substr(0, 2 * 70);
    const PatternTable both({{shallow, 1}, {deep, 2}});
    EXPECT_EQ(both.find(HashedUri(deep + "x"))->value, 2U);
    EXPECT_EQ(both.find(HashedUri(deep.substr(2) + "x"))->value, 1U);
    EXPECT_EQ(both.find(HashedUri(shallow.substr(2) + "x")), nullptr);
}

TEST(PatternTable, FindsThePrefixOfAPatternsHead) {
    EXPECT_EQ(text_of(table.find_prefix(HashedUri("com.app."))), "com.app.");
    EXPECT_EQ(text_of(table.find_prefix(HashedUri("com.app.s"))), "com.app.");
    EXPECT_EQ(text_of(table.find_prefix(HashedUri("com.app"))), "-");
}

TEST(PatternTable, FindsEntriesWithinAPrefix) {
    EXPECT_EQ(text_of(table.find_within("com.app.s", MatchPolicy::prefix)), "com.app.sub.");
    EXPECT_EQ(text_of(table.find_within("", MatchPolicy::prefix)), "com.app");
    EXPECT_EQ(text_of(table.find_within("com.app.t", MatchPolicy::prefix)), "-");
    const auto* first = table.find_within("com.app.", MatchPolicy::prefix);
    EXPECT_EQ(text_of(first), "com.app.");
    EXPECT_EQ(text_of(table.find_within("com.app.", MatchPolicy::prefix, first)), "com.app.sub.");
}

TEST(PatternTable, FindsEntriesThatMeetAWildcard) {
    const auto within = [](std::string_view pattern) {
        return text_of(table.find_within(pattern, MatchPolicy::wildcard));
    };
    EXPECT_EQ(within("com."), "com.app");         // two components
    EXPECT_EQ(within("com..sub.x"), "com.app.");  // four
    EXPECT_EQ(within("com.app..x"), "com.app.");
    EXPECT_EQ(within(".app"), "com.app");
    EXPECT_EQ(within("org..x"), "org.");
    EXPECT_EQ(within("com.x.."), "-");
    EXPECT_EQ(within("com..x"), "com.app.");
    EXPECT_EQ(within(""), "-");  // one component
}

TEST(PatternTable, ComparesAWildcardWithAPrefixPlaceByPlace) {
    const PatternTable one({{"com.app.sub.", 1}});
    const auto meets = [&one](std::string_view pattern) {
        return one.find_within(pattern, MatchPolicy::wildcard) != nullptr;
    };
    EXPECT_TRUE(meets("com..sub.x"));
    EXPECT_TRUE(meets("com..."));
    EXPECT_TRUE(meets("..sub..x"));
    EXPECT_FALSE(meets("com..bus.x"));
    EXPECT_FALSE(meets("com..su.x"));
    EXPECT_FALSE(meets("org...x"));
    EXPECT_FALSE(meets("com..sub"));  // as long as the prefix: none of its URIs is below it
}

TEST(LiteralHead, EndsBeforeTheFirstEmptyComponent) {
    const auto head = [](std::string_view pattern) {
        return literal_head(pattern, MatchPolicy::wildcard);
    };
    EXPECT_EQ(head("com..x"), "com.");
    EXPECT_EQ(head("com.app."), "com.app.");
    EXPECT_EQ(head(".x"), "");
    EXPECT_EQ(head(""), "");
    EXPECT_EQ(head("com.app"), "com.app");
    EXPECT_EQ(literal_head("com..x", MatchPolicy::prefix), "com..x");
}

}  // namespace
}  // namespace sallyport::policy
