#include "policy/document/diagnostic.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

TEST(Diagnostic, IsOneLineWithPlaceTextAndCure) {
    EXPECT_EQ(to_string(Diagnostic{{"a.toml", 3, 7}, "wrong", "do better"}),
              "a.toml:3:7: error: wrong (do better)");
    EXPECT_EQ(to_string(Diagnostic{{"a.toml", 0, 0}, "there is no such file", ""}),
              "a.toml: error: there is no such file");
}

TEST(Diagnostic, IsSortedByLineAndColumnWithinItsFile) {
    Diagnostics all{{{"b", 9, 1}, "1", ""},
                    {{"a", 1, 1}, "2", ""},
                    {{"b", 2, 5}, "3", ""},
                    {{"b", 2, 1}, "4", ""},
                    {{"b", 9, 1}, "5", ""}};
    sort(all);
    std::string order;
    for (const Diagnostic& one : all) order += one.text;
    EXPECT_EQ(order, "43152");
}

TEST(Quoted, ShowsControlCharactersAndQuotes) {
    EXPECT_EQ(policy::quoted("a\"b\\c\n\x1b[31m"), "\"a\\\"b\\\\c\\x0a\\x1b[31m\"");
}

TEST(Quoted, CutsLongTextsBetweenCharacters) {
    const std::string text = std::string(119, 'a') + "é" + std::string(50, 'b');
    EXPECT_EQ(policy::quoted(text), "\"" + std::string(119, 'a') + "…\"");
    EXPECT_EQ(policy::quoted(std::string(120, 'a')), "\"" + std::string(120, 'a') + "\"");
}

}  // namespace
}  // namespace sallyport::policy
