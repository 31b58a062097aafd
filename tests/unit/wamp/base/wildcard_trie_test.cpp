#include "wamp/base/wildcard_trie.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wamp/base/random.h"
#include "wamp/base/uri.h"

namespace sallyport::wamp {
namespace {

std::vector<int> matching(const WildcardTrie<int>& trie, std::string_view uri) {
    std::vector<int> found;
    trie.visit(uri, [&found](int value) {
        found.push_back(value);
        return false;
    });
    return found;
}

TEST(WildcardTrie, MatchesByComponents) {
    WildcardTrie<int> trie;
    trie.insert("a..c", 1);
    trie.insert("..", 2);
    trie.insert("a.b.c", 3);
    trie.insert(".", 4);
    EXPECT_EQ(matching(trie, "a.b.c"), (std::vector{3, 1, 2}));
    EXPECT_EQ(matching(trie, "x.b.c"), (std::vector{2}));
    EXPECT_EQ(matching(trie, "a.b"), (std::vector{4}));
    EXPECT_TRUE(matching(trie, "a").empty());
    EXPECT_TRUE(matching(trie, "a.b.c.d").empty());
}

TEST(WildcardTrie, EndsWhenTheVisitorHasHadEnough) {
    WildcardTrie<int> trie;
    trie.insert("a.", 1);
    trie.insert(".b", 2);
    int visited = 0;
    EXPECT_TRUE(trie.visit("a.b", [&](int value) {
        ++visited;
        return value == 1;
    }));
    EXPECT_EQ(visited, 1);
    EXPECT_FALSE(trie.visit("a.b", [](int) { return false; }));
}

TEST(WildcardTrie, ErasesOnlyThePattern) {
    WildcardTrie<int> trie;
    trie.insert("a..c", 1);
    trie.insert("a..c.d", 2);
    trie.erase("a..");
    trie.erase("a..c.d.e");
    EXPECT_EQ(trie.size(), 2u);
    trie.erase("a..c");
    trie.erase("a..c");
    EXPECT_EQ(trie.size(), 1u);
    EXPECT_EQ(trie.find("a..c"), 0);
    EXPECT_EQ(trie.find("a..c.d"), 2);
    EXPECT_EQ(matching(trie, "a.x.c.d"), (std::vector{2}));
}

std::string random_text(Random& random, bool wild) {
    std::string out;
    const std::uint64_t components = 1 + random.below(5);
    for (std::uint64_t i = 0; i < components; ++i) {
        if (i > 0) out += '.';
        if (!wild || random.below(3) != 0) out += static_cast<char>('a' + random.below(3));
    }
    return out;
}

TEST(WildcardTrie, AgreesWithTryingEveryPattern) {
    Random random({5});
    WildcardTrie<int> trie;
    std::map<std::string, int> model;
    for (int step = 1; step <= 20'000; ++step) {
        const std::string pattern = random_text(random, true);
        if (model.size() < 200 && !model.contains(pattern)) {
            trie.insert(pattern, step);
            model[pattern] = step;
        } else {
            trie.erase(pattern);
            model.erase(pattern);
        }
        ASSERT_EQ(trie.size(), model.size());
        const std::string uri = random_text(random, false);
        std::vector<int> expected;
        for (const auto& [each, value] : model) {
            if (matches(each, MatchPolicy::wildcard, uri)) expected.push_back(value);
        }
        std::vector<int> found = matching(trie, uri);
        std::sort(expected.begin(), expected.end());
        std::sort(found.begin(), found.end());
        ASSERT_EQ(found, expected) << uri;
    }
}

}  // namespace
}  // namespace sallyport::wamp
