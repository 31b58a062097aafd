#include "policy/tools/edit/line_diff.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "wamp/base/random.h"

namespace sallyport::policy {
namespace {

// What `patch` would make of it, for texts that end with a newline.
std::string patched(const std::string& before, const std::string& diff) {
    std::vector<std::string> old;
    std::istringstream lines(before);
    for (std::string line; std::getline(lines, line);) old.push_back(line);
    std::string out;
    std::size_t at = 0;
    std::istringstream hunks(diff);
    for (std::string line; std::getline(hunks, line);) {
        if (line.starts_with("---") || line.starts_with("+++")) continue;
        if (line.starts_with("@@ -")) {
            const std::size_t first = std::stoul(line.substr(4));
            const bool none = line.find(",0 +") != std::string::npos;
            for (; at < (none ? first : first - 1); ++at) out += old[at] + "\n";
        } else if (line.front() == '+') {
            out += line.substr(1) + "\n";
        } else {
            EXPECT_EQ(line.substr(1), old.at(at));
            if (line.front() == ' ') out += old[at] + "\n";
            ++at;
        }
    }
    for (; at < old.size(); ++at) out += old[at] + "\n";
    return out;
}

TEST(LineDiff, OfEqualTextsIsEmpty) {
    EXPECT_EQ(line_diff("a\nb\n", "a\nb\n", "f"), "");
    EXPECT_EQ(line_diff("", "", "f"), "");
}

TEST(LineDiff, ShowsAChangeWithThreeLinesAround) {
    EXPECT_EQ(line_diff("1\n2\n3\n4\nold\n5\n6\n7\n8\n", "1\n2\n3\n4\nnew\n5\n6\n7\n8\n", "f"),
              "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-old\n+new\n 5\n 6\n 7\n");
    EXPECT_EQ(line_diff("", "a\n", "f"), "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n");
    EXPECT_EQ(line_diff("a", "a\n", "f"),
              "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

TEST(LineDiff, OfAnyTextsLeadsFromOneToTheOther) {
    wamp::Random random({7});
    const auto text = [&random] {
        std::string lines;
        for (std::uint64_t i = random.below(30); i > 0; --i)
            lines += std::string(1, static_cast<char>('a' + random.below(9))) + "\n";
        return lines;
    };
    for (int round = 0; round < 3000; ++round) {
        const std::string before = text();
        const std::string after = text();
        ASSERT_EQ(patched(before, line_diff(before, after, "f")), after) << before;
    }
}

}  // namespace
}  // namespace sallyport::policy
