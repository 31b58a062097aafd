#include "policy/document/section.h"

#include <gtest/gtest.h>

#include <array>

namespace sallyport::policy {
namespace {

constexpr std::array<std::string_view, 4> keys{"name", "on", "list", "part"};

struct Read {
    explicit Read(std::string_view text)
        : root(*parse_document(text, file)), section(root, "[thing]", keys, file, diagnostics) {}

    std::string file = "f";
    Diagnostics diagnostics;
    Item root;
    Section section;

    std::string errors() const {
        std::string all;
        for (const Diagnostic& one : diagnostics) all += to_string(one) + "\n";
        return all;
    }
};

TEST(Section, ReportsUnknownKeysAtOnce) {
    Read read("nam = 1\nqqqqqqqq = 2\n");
    EXPECT_EQ(read.section.need("name", "1"), nullptr);  // told already
    EXPECT_EQ(
        read.errors(),
        "f:1:1: error: unknown key \"nam\" in [thing] (did you mean \"name\"?)\n"
        "f:2:1: error: unknown key \"qqqqqqqq\" in [thing] (known keys: name, on, list, part)\n");
}

TEST(Section, GivesWhatIsThere) {
    Read read("name = \"n\"\non = true\nlist = [\"a\", \"b\"]\n[[part]]\n[[part]]\n");
    EXPECT_EQ(read.section.need_text("name", "\"x\""), "n");
    EXPECT_EQ(read.section.boolean("on"), true);
    ASSERT_EQ(read.section.texts("list", "").size(), 2U);
    EXPECT_EQ(read.section.texts("list", "")[1]->text, "b");
    EXPECT_EQ(read.section.texts("name", "").size(), 1U);
    EXPECT_EQ(read.section.tables("part").size(), 2U);
    EXPECT_EQ(read.errors(), "");
}

TEST(Section, TakesWhatIsAbsentOrWrongAsAbsentAndReportsIt) {
    Read read("on = 1\nlist = [\"a\", 2]\npart = [3]\n");
    EXPECT_EQ(read.section.need_text("name", "\"x\""), std::nullopt);
    EXPECT_EQ(read.section.boolean("on"), std::nullopt);
    EXPECT_EQ(read.section.texts("list", "[\"a\"]").size(), 1U);
    EXPECT_TRUE(read.section.tables("part").empty());
    EXPECT_EQ(read.section.texts("name", "").size(), 0U);
    EXPECT_EQ(read.errors(),
              "f:1:1: error: [thing] has no \"name\" (add name = \"x\")\n"
              "f:1:6: error: \"on\" is an integer, expected true or false (write on = true)\n"
              "f:2:14: error: an element of \"list\" is an integer, expected a string (write "
              "list = [\"a\"])\n"
              "f:3:9: error: an element of \"part\" is an integer, expected a table (each one "
              "begins with a "
              "line [[part]])\n");
}

}  // namespace
}  // namespace sallyport::policy
