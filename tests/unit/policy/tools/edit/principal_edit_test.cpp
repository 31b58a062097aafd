#include "policy/tools/edit/principal_edit.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

const std::string file =
    "# our people\n"
    "decoy_key = \"00\"\n"
    "\n"
    "[[principal]]  # the boss\n"
    "authid = \"alice\"\n"
    "ticket = \"a#b\"   # her laptop\n"
    "cryptosign = [\n"
    "    \"11\",  # phone\n"
    "    \"22\" # tablet\n"
    "]\n"
    "\n"
    "# the next one\n"
    "[[principal]]\n"
    "    authid = 'bob'\n"
    "    cryptosign = \"33\"\n"
    "# the end\n";

const Item& root() {
    static const Item tree = *parse_document(file, "p");
    return tree;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(PrincipalEdit, ReplacesAValueAndKeepsTheCommentBehindIt) {
    EXPECT_EQ(with_entry(file, root(), 0, "ticket", "\"new\""),
              replaced(file, "\"a#b\"   # her", "\"new\"   # her"));
    EXPECT_EQ(with_entry(file, root(), 1, "authid", "\"rob\""),
              replaced(file, "    authid = 'bob'", "    authid = \"rob\""));
}

TEST(PrincipalEdit, ReplacesAValueOfSeveralLines) {
    EXPECT_EQ(with_entry(file, root(), 0, "cryptosign", "[\"44\"]"),
              replaced(file, "[\n    \"11\",  # phone\n    \"22\" # tablet\n]", "[\"44\"]"));
}

TEST(PrincipalEdit, AddsAnEntryAfterTheLastOne) {
    EXPECT_EQ(with_entry(file, root(), 0, "disabled", "true"),
              replaced(file, "tablet\n]\n", "tablet\n]\ndisabled = true\n"));
    EXPECT_EQ(with_entry(file, root(), 1, "disabled", "true"),
              replaced(file, "\"33\"\n", "\"33\"\ndisabled = true\n"));
}

TEST(PrincipalEdit, TakesAPrincipalAway) {
    EXPECT_EQ(without_block(file, root(), 0),
              "# our people\ndecoy_key = \"00\"\n\n# the next one\n[[principal]]\n"
              "    authid = 'bob'\n    cryptosign = \"33\"\n# the end\n");
    EXPECT_EQ(without_block(file, root(), 1),
              file.substr(0, file.find("[[principal]]\n")) + "# the end\n");
}

TEST(PrincipalEdit, TakesAnEntryAway) {
    EXPECT_EQ(with_entry(file, root(), 0, "ticket", std::nullopt),
              replaced(file, "ticket = \"a#b\"   # her laptop\n", ""));
    EXPECT_EQ(with_entry(file, root(), 0, "disabled", std::nullopt), file);
}

TEST(PrincipalEdit, AddsToAList) {
    EXPECT_EQ(with_element(file, root(), 0, "cryptosign", "55"),
              replaced(file, "\"22\" # tablet\n", "\"22\", # tablet\n    \"55\",\n"));
    EXPECT_EQ(with_element(file, root(), 1, "cryptosign", "55"),
              replaced(file, "cryptosign = \"33\"", "cryptosign = [\"33\", \"55\"]"));
    EXPECT_EQ(with_element(file, root(), 1, "others", "55"),
              replaced(file, "\"33\"\n", "\"33\"\nothers = [\"55\"]\n"));
    const std::string one_line = "[[principal]]\ncryptosign = ['1', \"2\"]\n";
    EXPECT_EQ(with_element(one_line, *parse_document(one_line, "p"), 0, "cryptosign", "3"),
              "[[principal]]\ncryptosign = [\"1\", \"2\", \"3\"]\n");
}

TEST(PrincipalEdit, AddsABlockAtTheEnd) {
    EXPECT_EQ(with_block("", "x\n"), "x\n");
    EXPECT_EQ(with_block("a", "x\n"), "a\n\nx\n");
    EXPECT_EQ(with_block("a\n", "x\n"), "a\n\nx\n");
    EXPECT_EQ(with_block("a\n\n", "x\n"), "a\n\nx\n");
}

}  // namespace
}  // namespace sallyport::policy
