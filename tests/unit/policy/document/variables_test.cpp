#include "policy/document/variables.h"

#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

struct Expanded {
    explicit Expanded(std::string_view text) {
        const Item root = *parse_document(text, file);
        if (const Item* variables = root.find("variables"))
            tables.add(*variables, file, diagnostics);
        if (const Item* used = root.find("used")) value = tables.expand(*used, file, diagnostics);
    }
    std::string texts() const {
        std::string all;
        for (const Item& item : value.items) all += item.text + " ";
        return all;
    }
    std::string error() const {
        return diagnostics.size() == 1 ? to_string(diagnostics[0])
                                       : std::to_string(diagnostics.size()) + " errors";
    }

    std::string file = "f";
    Diagnostics diagnostics;
    Variables tables;
    Item value;
};

TEST(Variables, StandForAnyValueWhenAlone) {
    const Expanded number("used = \"${var.n}\"\n[variables]\nn = 5\n");
    EXPECT_EQ(number.value.integer, 5);
    EXPECT_EQ(number.value.line, 1U);  // where it is used
    const Expanded table("used = \"${var.t}\"\n[variables]\nt = { rate = \"5/s\" }\n");
    EXPECT_EQ(table.value.find("rate")->text, "5/s");
    EXPECT_TRUE(table.diagnostics.empty());
}

TEST(Variables, PutTheirListIntoAList) {
    const Expanded list(
        "used = [\"a\", \"${var.more}\", \"d\"]\n[variables]\nmore = [\"b\", \"${var.c}\"]\nc = "
        "\"c\"\n");
    EXPECT_EQ(list.texts(), "a b c d ");
    EXPECT_TRUE(list.diagnostics.empty());
}

TEST(Variables, FillAText) {
    const Expanded text(
        "used = \"${var.base}.${var.leaf}.${authid}\"\n[variables]\nbase = \"lab\"\nleaf = "
        "\"x\"\n");
    EXPECT_EQ(text.value.text, "lab.x.${authid}");
    EXPECT_TRUE(text.diagnostics.empty());
}

TEST(Variables, AreRefusedWhenUnknownOrUnfit) {
    EXPECT_EQ(Expanded("used = \"${var.bas}\"\n[variables]\nbase = \"lab\"\n").error(),
              "f:1:8: error: unknown variable \"bas\" (did you mean \"base\"?)");
    EXPECT_EQ(Expanded("used = \"${var.bas}\"\n").error(),
              "f:1:8: error: unknown variable \"bas\" (define it in [variables])");
    EXPECT_EQ(Expanded("used = \"x.${var.l}\"\n[variables]\nl = [\"a\"]\n").error(),
              "f:1:8: error: the variable \"l\" is a list and cannot be part of a string (use it "
              "alone, as in \"${var.l}\")");
    EXPECT_EQ(Expanded("used = \"x.${var.l\"\n").error(),
              "f:1:8: error: a variable in \"x.${var.l\" is not closed (write ${var.name})");
    EXPECT_EQ(
        Expanded("used = 1\n[variables]\n\"a b\" = 1\n").error(),
        "f:3:1: error: \"a b\" cannot be a variable (use 1 to 64 letters, digits and any of - "
        "_ . @)");
}

TEST(Variables, NeverStandForThemselves) {
    EXPECT_EQ(
        Expanded("used = \"${var.a}\"\n[variables]\na = \"${var.b}\"\nb = \"${var.a}\"\n").error(),
        "f:1:8: error: the variable \"a\" refers to itself (write out its value)");
}

TEST(Variables, ThatNothingUsesAreCheckedToo) {
    const auto checked = [](const std::string& text) {
        Expanded expanded(text);
        expanded.tables.check_unused(expanded.diagnostics);
        return expanded.error();
    };
    EXPECT_EQ(checked("used = \"x\"\n[variables]\na = \"${var.b}\"\nb = \"${var.a}\"\n"),
              "f:3:5: error: the variable \"a\" refers to itself (write out its value)");
    EXPECT_EQ(checked("[variables]\na = [\"${var.nothing}\"]\nb = \"fine\"\n"),
              "f:2:5: error: unknown variable \"nothing\" (known variables: a, b)");
    // Once, where it is used.
    EXPECT_EQ(checked("used = \"${var.a}\"\n[variables]\na = \"${var.nothing}\"\n").substr(0, 6),
              "f:1:8:");
}

TEST(Variables, DoNotMultiplyWithoutBound) {
    std::string text =
        "used = \"${var.a9}\"\n[variables]\na0 = [\"x\", \"x\", \"x\", \"x\", \"x\"]\n";
    for (int i = 1; i < 10; ++i) {
        const std::string below = "\"${var.a" + std::to_string(i - 1) + "}\"";
        text += "a" + std::to_string(i) + " = [" + below + ", " + below + ", " + below + ", " +
                below + "]\n";
    }
    EXPECT_EQ(Expanded(text).diagnostics.size(), 1U);
}

TEST(Variables, AreNamedOnceInAllFiles) {
    Diagnostics diagnostics;
    Variables variables;
    const std::string one = "one";
    const std::string two = "two";
    const Item table = *parse_document("a = 1\n", one);
    variables.add(table, one, diagnostics);
    variables.add(table, two, diagnostics);
    ASSERT_EQ(diagnostics.size(), 1U);
    EXPECT_EQ(to_string(diagnostics[0]),
              "two:1:1: error: the variable \"a\" is already in use (rename it; the other is at "
              "one:1:1)");
}

}  // namespace
}  // namespace sallyport::policy
