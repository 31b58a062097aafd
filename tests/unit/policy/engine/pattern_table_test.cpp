#include "policy/engine/pattern_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::policy {
namespace {

using wamp::MatchPolicy;

struct Written {
    std::string text;
    MatchPolicy match = MatchPolicy::exact;
};

/// A table of patterns, whose texts it keeps.
class Patterns {
public:
    explicit Patterns(std::vector<Written> written) : written_(std::move(written)) {
        std::set<Shape> shapes;
        for (const auto& [text, match] : written_) shapes.insert(Pattern(text, match).shape());
        ranked_.assign(shapes.begin(), shapes.end());
        std::vector<PatternTable::Line> lines;
        for (const auto& [text, match] : written_)
            lines.push_back({Pattern(text, match), static_cast<std::uint32_t>(lines.size())});
        table_ = PatternTable(lines, ranked_);
    }

    /// The texts of all entries that cover what is asked for, in the order in which they are found.
    std::string covering(std::string_view asked, MatchPolicy match = MatchPolicy::exact,
                         Bindings bindings = {}, bool unfit = false) const {
        return found(asked, match, bindings, unfit,
                     [](const auto& table, const auto& ask, auto add) { table.find(ask, add); });
    }
    std::string meeting(std::string_view asked, MatchPolicy match, Bindings bindings = {},
                        bool unfit = false) const {
        return found(
            asked, match, bindings, unfit,
            [](const auto& table, const auto& ask, auto add) { table.find_meeting(ask, add); });
    }

private:
    template <class Find>
    std::string found(std::string_view asked, MatchPolicy match, Bindings bindings, bool unfit,
                      Find find) const {
        std::size_t depth = 0;  // no more of a URI is looked at
        for (const Shape& shape : ranked_) depth = std::max(depth, shape.kinds.size());
        const RequestedUri uri(asked, match, depth);
        std::string texts;
        find(table_, PatternTable::Query{uri, bindings, unfit},
             [&](const PatternTable::Entry& entry) {
                 const std::string text(entry.pattern.text());
                 // Those that cover the whole are met twice when nobody takes them.
                 if ((texts + " ").find(" " + text + (entry.pattern.is_open() ? "*" : "") + " ") ==
                     std::string::npos)
                     texts += " " + text + (entry.pattern.is_open() ? "*" : "");
                 return false;
             });
        return texts.empty() ? "" : texts.substr(1);
    }

    std::vector<Written> written_;
    PatternTable::Shapes ranked_;
    PatternTable table_;
};

const Patterns table({{"com.app"},
                      {"com.app.", MatchPolicy::prefix},
                      {"com.app.sub.", MatchPolicy::prefix},
                      {"com.app.sub.x"},
                      {"org.", MatchPolicy::prefix},
                      {"com..sub", MatchPolicy::wildcard},
                      {"com..sub.x", MatchPolicy::wildcard},
                      {".app.sub.", MatchPolicy::wildcard},
                      {"home.${authid}.", MatchPolicy::prefix},
                      {"home.${authid}.${authrole}"}});

TEST(PatternTable, FindsTheMostSpecificEntryFirst) {
    EXPECT_EQ(table.covering("com.app.sub.x"),
              "com.app.sub.x com.app.sub.* com.app.* com..sub.x .app.sub.");
    EXPECT_EQ(table.covering("com.app.sub.y"), "com.app.sub.* com.app.* .app.sub.");
    EXPECT_EQ(table.covering("com.app.sub"), "com.app.* com..sub");
    EXPECT_EQ(table.covering("com.app"), "com.app");
}

TEST(PatternTable, KeepsComponentBoundaries) {  // W-SUB-22
    EXPECT_EQ(table.covering("com.app2"), "");
    EXPECT_EQ(table.covering("com.app2.x"), "");
    EXPECT_EQ(table.covering("org"), "");
    EXPECT_EQ(table.covering("com"), "");
}

TEST(PatternTable, BindsPlaceholdersToOneComponent) {
    EXPECT_EQ(table.covering("home.joe.lamp", MatchPolicy::exact, {"joe", "lamp"}),
              "home.${authid}.${authrole} home.${authid}.*");
    EXPECT_EQ(table.covering("home.joe.lamp", MatchPolicy::exact, {"ann", "lamp"}), "");
    EXPECT_EQ(table.covering("home.joe.lamp", MatchPolicy::exact, {"joe.lamp", "x"}), "");
    for (const char* unfit : {"", "*", "#", "a.b", "a b", "a\nb"}) {
        EXPECT_EQ(table.covering("home.joe.lamp", MatchPolicy::exact, {unfit, "lamp"}), "");
        EXPECT_EQ(table.covering("home.joe.lamp", MatchPolicy::exact, {unfit, "lamp"}, true),
                  "home.${authid}.${authrole} home.${authid}.*");
    }
}

TEST(PatternTable, FindsNothingWhenEmpty) {
    EXPECT_EQ(Patterns({}).covering("a.b"), "");
    EXPECT_EQ(Patterns({}).meeting("", MatchPolicy::prefix), "");
}

TEST(PatternTable, TakesTheEmptyPrefixAsTheOneOfAll) {
    const Patterns all({{"", MatchPolicy::prefix}, {"com.", MatchPolicy::prefix}});
    EXPECT_EQ(all.covering("x"), "*");
    EXPECT_EQ(all.covering("com.x"), "com.* *");
    EXPECT_EQ(all.covering("com", MatchPolicy::prefix), "*");
    EXPECT_EQ(all.covering("", MatchPolicy::prefix), "*");
}

TEST(PatternTable, FindsPrefixesOfAnyDepth) {
    std::string deep;
    for (int i = 0; i < 500; ++i) deep += "a.";
    const std::string shallow = deep.substr(0, 2 * 70);
    const Patterns both({{shallow, MatchPolicy::prefix}, {deep, MatchPolicy::prefix}});
    EXPECT_EQ(both.covering(deep + "x"), deep + "* " + shallow + "*");
    EXPECT_EQ(both.covering(deep.substr(2) + "x"), shallow + "*");
    EXPECT_EQ(both.covering(shallow.substr(2) + "x"), "");
}

TEST(PatternTable, FindsWhatCoversAPattern) {  // W-AUZ-03
    EXPECT_EQ(table.covering("com.app.", MatchPolicy::prefix), "com.app.*");
    EXPECT_EQ(table.covering("com.app.s", MatchPolicy::prefix), "com.app.*");
    EXPECT_EQ(table.covering("com.app", MatchPolicy::prefix), "");
    EXPECT_EQ(table.covering("com.app..x", MatchPolicy::wildcard), "com.app.*");
    EXPECT_EQ(table.covering("com..sub", MatchPolicy::wildcard), "com..sub");
    EXPECT_EQ(table.covering("..sub", MatchPolicy::wildcard), "");
    EXPECT_EQ(table.covering("com.app.sub.", MatchPolicy::wildcard),
              "com.app.sub.* com.app.* .app.sub.");
}

TEST(PatternTable, FindsWhatAPatternMeets) {
    EXPECT_EQ(table.meeting("com.app.sub", MatchPolicy::prefix),
              "com.app.* com.app.sub.* com.app.sub.x .app.sub. com..sub com..sub.x");
    EXPECT_EQ(table.meeting("o", MatchPolicy::prefix), "org.* .app.sub.");
    EXPECT_EQ(table.meeting("..sub", MatchPolicy::wildcard), "com.app.* org.* com..sub");
    EXPECT_EQ(table.meeting("home.j", MatchPolicy::prefix, {"joe", "user"}),
              "home.${authid}.* home.${authid}.${authrole}");
    EXPECT_EQ(table.meeting("home.k", MatchPolicy::prefix, {"joe", "user"}), "");
    EXPECT_EQ(table.meeting("home.k", MatchPolicy::prefix, {"j*e", "user"}, true),
              "home.${authid}.* home.${authid}.${authrole}");
}

}  // namespace
}  // namespace sallyport::policy
