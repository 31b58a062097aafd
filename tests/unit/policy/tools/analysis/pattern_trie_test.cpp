#include "policy/tools/analysis/pattern_trie.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

Actions only(Action action) {
    Actions actions;
    actions.add(action);
    return actions;
}

TEST(PatternTrie, SharesBeginningsAndSumsWhatLiesBelow) {
    PatternTrie trie;
    trie.add(Pattern("a.b", wamp::MatchPolicy::exact), {0, 1, only(Action::call)});
    trie.add(Pattern("a.", wamp::MatchPolicy::prefix), {1, 10, only(Action::call)});
    trie.add(Pattern("a..c", wamp::MatchPolicy::wildcard), {2, 100, only(Action::publish)});
    trie.add(Pattern("${authid}.b", wamp::MatchPolicy::exact), {3, 1000, only(Action::call)});
    trie.add(Pattern("x.${authrole}", wamp::MatchPolicy::exact), {4, 0, only(Action::call)});
    trie.seal();
    const auto call = static_cast<std::size_t>(Action::call);
    const auto publish = static_cast<std::size_t>(Action::publish);
    const PatternTrie::Node& root = trie[PatternTrie::root];
    EXPECT_EQ(root.below[call], 1011U);
    EXPECT_EQ(root.below[publish], 100U);
    EXPECT_TRUE(root.has_authrole);
    EXPECT_NE(root.authid, 0U);
    EXPECT_EQ(root.any, 0U);
    const std::uint32_t a = trie.find(PatternTrie::root, "a");
    ASSERT_NE(a, 0U);
    EXPECT_EQ(trie[a].below[call], 11U);
    ASSERT_EQ(trie[a].opens.size(), 1U);
    EXPECT_EQ(trie[a].opens[0].line, 1U);
    const std::uint32_t b = trie.find(a, "b");
    ASSERT_EQ(trie[b].ends.size(), 1U);
    EXPECT_EQ(trie[b].ends[0].line, 0U);
    EXPECT_NE(trie[a].any, 0U);
    EXPECT_EQ(trie.find(a, "c"), 0U);
}

TEST(PatternTrie, HoldsThePrefixOfAllAtItsRoot) {
    PatternTrie trie;
    trie.add(Pattern("", wamp::MatchPolicy::prefix), {7, 5, only(Action::call)});
    trie.seal();
    EXPECT_EQ(trie[PatternTrie::root].opens.size(), 1U);
    EXPECT_EQ(trie[PatternTrie::root].below[0], 5U);
}

}  // namespace
}  // namespace sallyport::policy
