#include "wamp/base/pattern_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/vectors/vectors.h"
#include "wamp/base/random.h"

namespace sallyport::wamp {
namespace {

MatchPolicy policy_of(const std::string& name) {
    for (const MatchPolicy policy :
         {MatchPolicy::exact, MatchPolicy::prefix, MatchPolicy::wildcard}) {
        if (to_string(policy) == name) return policy;
    }
    ADD_FAILURE() << name;
    return MatchPolicy::exact;
}

std::vector<Id> matching(const PatternIndex<Id>& index, std::string_view uri) {
    std::vector<Id> out;
    index.match(uri, out);
    return out;
}

nlohmann::json table(const char* name) {
    return vectors::load("pattern-matching.json")[name];
}

// W-PBR-02, the worked table.
TEST(PatternIndex, BestFollowsTheWorkedTable) {
    const nlohmann::json rfc = table("rfc");
    PatternIndex<Id> index;
    Id id = 0;
    for (const auto& registration : rfc["registrations"]) {
        index.insert(policy_of(registration[1]), registration[0].get<std::string>(), ++id);
    }
    ASSERT_EQ(index.size(), 7u);
    for (const auto& call : rfc["calls"]) {
        const Id expected = call[1].is_null() ? 0 : call[1].get<Id>();
        EXPECT_EQ(index.best(call[0].get<std::string>()), expected) << call;
    }
}

// W-URI-10
TEST(PatternIndex, MatchesAsTheVectorsSay) {
    const nlohmann::json rows = table("own_match");
    ASSERT_EQ(rows.size(), 16u);
    for (const auto& row : rows) {
        const MatchPolicy policy = policy_of(row[1]);
        const auto uri = row[2].get<std::string>();
        PatternIndex<Id> index;
        index.insert(policy, row[0].get<std::string>(), 9);
        EXPECT_EQ(matching(index, uri), row[3].get<bool>() ? std::vector<Id>{9} : std::vector<Id>{})
            << row;
        EXPECT_EQ(index.best(uri), row[3].get<bool>() ? 9u : 0u) << row;
    }
}

// W-PBS-04
TEST(PatternIndex, PolicyAndPatternTogetherAreTheName) {
    PatternIndex<Id> index;
    index.insert(MatchPolicy::exact, "a.b", 1);
    index.insert(MatchPolicy::prefix, "a.b", 2);
    index.insert(MatchPolicy::wildcard, "a.b", 3);
    EXPECT_EQ(index.find(MatchPolicy::exact, "a.b"), 1u);
    EXPECT_EQ(index.find(MatchPolicy::prefix, "a.b"), 2u);
    EXPECT_EQ(index.find(MatchPolicy::wildcard, "a.b"), 3u);
    EXPECT_EQ(matching(index, "a.b"), (std::vector<Id>{1, 2, 3}));
    index.erase(MatchPolicy::prefix, "a.b");
    EXPECT_EQ(index.find(MatchPolicy::prefix, "a.b"), 0u);
    EXPECT_EQ(matching(index, "a.b"), (std::vector<Id>{1, 3}));
}

TEST(PatternIndex, ErasingWhatIsNotThereDoesNothing) {
    PatternIndex<Id> index;
    index.insert(MatchPolicy::wildcard, "a.", 1);
    for (const MatchPolicy policy :
         {MatchPolicy::exact, MatchPolicy::prefix, MatchPolicy::wildcard}) {
        index.erase(policy, "b.");
    }
    EXPECT_EQ(index.size(), 1u);
    EXPECT_EQ(index.best("a.x"), 1u);
}

// The earlier the wildcard, the worse (W-PBR-02), whatever the order of insertion; there are no
// ties (W-PBR-04).
TEST(PatternIndex, BestWildcardHasItsFirstWildcardLatest) {
    const std::vector<std::string> best_first{"a.b.c", "a.b.", "a..c", "a..",
                                              ".b.c",  ".b.",  "..c",  ".."};
    for (const bool reversed : {false, true}) {
        PatternIndex<Id> index;
        for (std::size_t i = 0; i < best_first.size(); ++i) {
            const std::size_t at = reversed ? best_first.size() - 1 - i : i;
            index.insert(MatchPolicy::wildcard, best_first[at], at + 1);
        }
        for (std::size_t i = 0; i < best_first.size(); ++i) {
            EXPECT_EQ(index.best("a.b.c"), i + 1);
            index.erase(MatchPolicy::wildcard, best_first[i]);
        }
        EXPECT_EQ(index.best("a.b.c"), 0u);
    }
}

TEST(PatternIndex, APrefixThatEndsWithinAComponentComesLast) {
    PatternIndex<Id> index;
    index.insert(MatchPolicy::prefix, "a.b", 1);
    EXPECT_EQ(index.best("a.bc"), 1u);
    index.insert(MatchPolicy::wildcard, "a.", 2);
    EXPECT_EQ(index.best("a.bc"), 2u);
    EXPECT_EQ(index.best("a.b"), 1u);
    index.insert(MatchPolicy::prefix, "a.", 3);
    EXPECT_EQ(index.best("a.bc"), 3u);
    EXPECT_EQ(index.best("a.b"), 1u);
    EXPECT_EQ(index.best("a.b.c"), 1u);
    index.insert(MatchPolicy::prefix, "", 4);
    EXPECT_EQ(index.best("x"), 4u);
    EXPECT_EQ(index.best("a.bc"), 3u);
}

std::string random_pattern(Random& random, bool wild) {
    std::string out;
    const std::uint64_t components = 1 + random.below(4);
    for (std::uint64_t i = 0; i < components; ++i) {
        if (i > 0) out += '.';
        if (wild && random.below(3) == 0) continue;
        const std::uint64_t length = 1 + random.below(2);
        for (std::uint64_t k = 0; k < length; ++k) {
            out += static_cast<char>('a' + static_cast<char>(random.below(2)));
        }
    }
    return out;
}

// The index against the definition of matching, tried on every pattern.
TEST(PatternIndex, AgreesWithTryingEveryPattern) {
    struct Entry {
        MatchPolicy policy;
        std::string pattern;
        Id id;
    };
    Random random = Random({7});
    PatternIndex<Id> index;
    std::vector<Entry> model;
    Id last = 0;
    for (int step = 0; step < 4000; ++step) {
        const auto policy = static_cast<MatchPolicy>(random.below(3));
        const std::string pattern = random_pattern(random, policy == MatchPolicy::wildcard);
        const auto known = std::find_if(model.begin(), model.end(), [&](const Entry& entry) {
            return entry.policy == policy && entry.pattern == pattern;
        });
        if (known == model.end()) {
            index.insert(policy, pattern, ++last);
            model.push_back({policy, pattern, last});
        } else {
            ASSERT_EQ(index.find(policy, pattern), known->id);
            index.erase(policy, pattern);
            model.erase(known);
        }
        ASSERT_EQ(index.size(), model.size());
        const std::string uri = random_pattern(random, false);
        std::set<Id> expected;
        for (const Entry& entry : model) {
            if (matches(entry.pattern, entry.policy, uri)) expected.insert(entry.id);
        }
        const std::vector<Id> found = matching(index, uri);
        ASSERT_EQ(std::set<Id>(found.begin(), found.end()), expected) << uri;
        ASSERT_EQ(found.size(), expected.size()) << uri;
        const Id best = index.best(uri);
        ASSERT_EQ(best != 0, !expected.empty());
        if (best != 0) {
            ASSERT_TRUE(expected.contains(best));
        }
    }
}

TEST(PatternIndex, LongestUrisAndPatternsWork) {
    std::string uri;
    for (std::size_t i = 0; i < uri_bytes_max / 2; ++i) uri += i == 0 ? "a" : ".a";
    PatternIndex<Id> index;
    index.insert(MatchPolicy::prefix, uri, 1);
    std::string wild(uri_bytes_max / 2 - 1, '.');
    index.insert(MatchPolicy::wildcard, wild, 2);
    EXPECT_EQ(matching(index, uri), (std::vector<Id>{1, 2}));
}

}  // namespace
}  // namespace sallyport::wamp
