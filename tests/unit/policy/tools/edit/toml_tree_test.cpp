#include "policy/tools/edit/toml_tree.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

TEST(TomlTree, KeepsEveryCommentWithWhatItStandsAt) {
    const TomlTree tree = read_toml_tree(
        "# of the file\n\n# of the realm\nrealm = 'r' # behind\n# below\n\n# alone\n\n# of the "
        "rule\n[[ allow ]] # head\nid = \"a\"\n# last\n");
    ASSERT_EQ(tree.tables.size(), 2U);
    const TomlTable& root = tree.tables[0];
    ASSERT_EQ(root.entries.size(), 1U);
    EXPECT_EQ(root.entries[0].comments,
              (std::vector<std::string>{"# of the file", "", "# of the realm"}));
    EXPECT_EQ(root.entries[0].value.text, "\"r\"");
    EXPECT_EQ(root.entries[0].comment, "# behind");
    EXPECT_EQ(root.last, std::vector<std::string>{"# below"});
    const TomlTable& rule = tree.tables[1];
    EXPECT_EQ(rule.blocks, std::vector<std::vector<std::string>>{{"# alone"}});
    EXPECT_EQ(rule.comments, std::vector<std::string>{"# of the rule"});
    EXPECT_EQ(rule.head, "[[allow]]");
    EXPECT_EQ(rule.comment, "# head");
    EXPECT_EQ(rule.last, std::vector<std::string>{"# last"});
}

TEST(TomlTree, ReadsListsAndInlineTablesWithTheirComments) {
    const TomlTree tree = read_toml_tree(
        "a = [ # first\n  1, # one\n  # two follows\n  [2, 3],\n  # end\n]\nb = { \"x\" = 'y', "
        "'z z'.q = \"#\" } # c\n");
    const auto& list = tree.tables[0].entries[0].value;
    ASSERT_EQ(list.items.size(), 2U);
    EXPECT_EQ(list.items[0].comments, std::vector<std::string>{"# first"});
    EXPECT_EQ(list.items[0].comment, "# one");
    EXPECT_EQ(list.items[1].comments, std::vector<std::string>{"# two follows"});
    EXPECT_EQ(list.last, std::vector<std::string>{"# end"});
    EXPECT_TRUE(list.has_comments());
    const auto& table = tree.tables[0].entries[1];
    EXPECT_EQ(table.value.items[0].key, "x");
    EXPECT_EQ(table.value.items[0].value.text, "\"y\"");
    EXPECT_EQ(table.value.items[1].key, "\"z z\".q");
    EXPECT_EQ(table.value.items[1].value.text, "\"#\"");
    EXPECT_EQ(table.comment, "# c");
}

TEST(TomlTree, TakesTextsOfSeveralLinesAsTheyAre) {
    const TomlTree tree =
        read_toml_tree("a = \"\"\"x\n# no comment\n\\\"\"\"\"\"\nb = '''\\'''\nc = 'a\\b'\n");
    ASSERT_EQ(tree.tables[0].entries.size(), 3U);
    EXPECT_EQ(tree.tables[0].entries[0].value.text, "\"\"\"x\n# no comment\n\\\"\"\"\"\"");
    EXPECT_EQ(tree.tables[0].entries[1].value.text, "'''\\'''");
    EXPECT_EQ(tree.tables[0].entries[2].value.text, "'a\\b'");
}

}  // namespace
}  // namespace sallyport::policy
