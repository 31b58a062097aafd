#include "policy/document/document.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

std::string error_of(std::string_view text) {
    const auto item = parse_document(text, "f");
    return item ? "" : to_string(item.error());
}

TEST(Document, KeepsEachValueWithItsPlace) {
    const auto root = parse_document("a = \"x\"\n[t]\n  b = [1, true]\n", "f");
    ASSERT_TRUE(root);
    const Item* a = root->find("a");
    ASSERT_NE(a, nullptr);
    EXPECT_EQ(a->kind, Item::Kind::text);
    EXPECT_EQ(a->text, "x");
    EXPECT_EQ(std::pair(a->line, a->column), std::pair(1U, 5U));
    EXPECT_EQ(std::pair(a->key_line, a->key_column), std::pair(1U, 1U));
    const Item* b = root->find("t")->find("b");
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(std::pair(b->key_line, b->key_column), std::pair(3U, 3U));
    ASSERT_EQ(b->items.size(), 2U);
    EXPECT_EQ(b->items[0].integer, 1);
    EXPECT_TRUE(b->items[1].boolean);
    EXPECT_EQ(root->find("c"), nullptr);
}

TEST(Document, KnowsEachKind) {
    const auto root = parse_document("a=1\nb=1.5\nc=true\nd=\"\"\ne=[]\nf={}\ng=2020-01-01\n", "f");
    ASSERT_TRUE(root);
    const std::array kinds{Item::Kind::integer, Item::Kind::real, Item::Kind::boolean,
                           Item::Kind::text,    Item::Kind::list, Item::Kind::table,
                           Item::Kind::date};
    ASSERT_EQ(root->items.size(), kinds.size());
    for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_EQ(root->items[i].kind, kinds[i]);
    EXPECT_EQ(to_string(Item::Kind::integer), "an integer");
}

TEST(Document, SaysWhereTheSyntaxIsWrong) {
    EXPECT_EQ(error_of("a = 1\nb 2\n").substr(0, 20), "f:2:3: error: syntax");
}

TEST(Document, TakesAnyCharacterInTextsAndComments) {
    for (const char* text :
         {"a = \"\xD1\x8D\" # \xD1\x8D\nb = '\xD1\x8D'\n",
          "\xEF\xBB\xBF# begins with a byte order mark\n",
          "a = \"\"\"\xD1\x8D \"\" ' # \n \xD1\x8D\"\"\"\"\"\nb = 1\n",
          "a = \"\\\"\xD1\x8D\\\\\"\n", "a = '''\xD1\x8D \" \\'''\nb = \"\"\nc = ''\n",
          "# it's \xD1\x8D\na = '\\' # '\xD1\x8D\n"}) {
        EXPECT_EQ(error_of(text), "") << text;
    }
}

TEST(Document, RefusesOtherCharactersOutsideOfThem) {
    const std::string text =
        ": error: unexpected character outside of a string (write strings in double quotes: key = "
        "\"value\")";
    EXPECT_EQ(error_of("a = \xD1\x8D\n"), "f:1:5" + text);
    EXPECT_EQ(error_of("a = \"x\" \xC2\xA0\n"), "f:1:9" + text);
    EXPECT_EQ(error_of("a = '\\'\n\xD1\x8D = 1\n"), "f:2:1" + text);
    EXPECT_EQ(error_of(std::string_view("a = 1\n\0", 7)), "f:2:1" + text);
    EXPECT_EQ(error_of("a = \"\xD1\x8D\x8D\"\n"),
              "f:1:7: error: not valid UTF-8 (save the file as UTF-8)");
}

TEST(Document, RefusesAHeadThatIsNoKey) {  // where toml++ 3.3 asserts
    EXPECT_EQ(error_of("[~x]\n").substr(0, 27), "f:1:2: error: syntax error:");
}

TEST(Document, PrintsAnErrorOnOneLine) {
    EXPECT_EQ(error_of("a = i\nu \"\"\n").find('\n'), std::string::npos);
}

TEST(Document, RefusesALineThatIsTooLong) {
    const std::string head = "a = \"";
    const std::string longest =
        head + std::string(document_line_bytes_max - head.size() - 1, 'x') + "\"";
    EXPECT_EQ(error_of("\n" + longest + "\n"), "");
    EXPECT_EQ(error_of("\n#" + longest + "\n").substr(0, 5), "f:2:1");
}

TEST(Document, RefusesAFileThatIsTooLarge) {
    std::string text;
    while (text.size() < document_bytes_max) text += "# 7 b.\n";
    text.resize(document_bytes_max);
    EXPECT_EQ(error_of(text), "");
    EXPECT_NE(error_of(text + "#"), "");
}

TEST(Document, RefusesNestingInsteadOfExhaustingTheStack) {
    std::string lists = "a = ";
    for (int i = 0; i < 100'000; ++i) lists += "[\n";
    EXPECT_NE(error_of(lists), "");

    const auto key = [](std::size_t dots) {
        std::string text = "a";
        for (std::size_t i = 0; i < dots; ++i) text += ".a";
        return text;
    };
    EXPECT_EQ(error_of(key(16) + " = \"....................\" # ....................\n"), "");
    EXPECT_EQ(error_of(key(17) + " = 1\n"),
              "f:1:34: error: too many dotted keys in one line (write a [table] for each part)");
    std::string deepest = "[" + key(16) + "]\n";
    for (int i = 0; i < 120; ++i) deepest += key(16) + " = [{\n";
    EXPECT_NE(error_of(deepest), "");
}

}  // namespace
}  // namespace sallyport::policy
