#include "tests/layout/citations.h"

#include <gtest/gtest.h>

namespace sallyport::layout {
namespace {

using Wrong = std::vector<std::string>;

// A name in two halves, where the whole would be a wrong citation of this file itself.
std::string id(std::string_view family, std::string_view number) {
    return "W-" + std::string(family) + std::string(number);
}

Citable citable() {
    Citable known;
    known.paths = {"README.md",
                   "docs",
                   "docs/architecture.md",
                   "docs/decisions",
                   "docs/decisions/0001-own-scanners.md",
                   "docs/decisions/README.md"};
    add_page(known,
             {"docs/requirements.md",
              "# Requirements\n\n## URIs\n\n- **W-URI-03** (M) One.\n- **W-URI-06** (M) Two, "
              "see W-URI-10.\n| W-SEC-01 | a | b |\n- **cryptosign**: **W-AUT-C3** x\n"});
    add_page(known, {"docs/architecture.md",
                     "# Architecture\n## Core and shell\n1. one\n2. two\n```\n## Not one\n3. code\n"
                     "```\n## Core\n### Path of a CALL\n"});
    return known;
}

std::size_t ids(const std::string& text) {
    return check_requirement_ids({"a.cpp", text}, citable()).size();
}

std::size_t paths(const std::string& text) {
    return check_page_paths({"a.cpp", text}, citable()).size();
}

std::size_t sections(const std::string& text) {
    return check_sections({"a.cpp", text}, citable()).size();
}

TEST(RequirementIds, AreDefinedInBoldOrInATable) {
    const auto known = citable().requirements;
    EXPECT_EQ(known,
              (std::set<std::string, std::less<>>{"W-URI-03", "W-URI-06", "W-SEC-01", "W-AUT-C3"}));
}

TEST(RequirementIds, ThatAreDefinedPass) {
    EXPECT_EQ(ids("// W-URI-03, W-SEC-01 (W-AUT-C3)\n"), 0U);
}

TEST(RequirementIds, ThatAreNotDefinedAreReportedWithTheirLine) {
    const auto wrong =
        check_requirement_ids({"a.cpp", "\n// " + id("URI", "-10") + "\n"}, citable());
    ASSERT_EQ(wrong.size(), 1U);
    EXPECT_EQ(wrong[0], "a.cpp:2: " + id("URI", "-10") + " is not in docs/requirements.md");
    EXPECT_EQ(ids("// " + id("AUT", "-C4")), 1U);
    EXPECT_EQ(ids("// " + id("URI", "-031")), 1U);
}

TEST(RequirementIds, MayBeShortAfterTheFirstOfAFamily) {
    EXPECT_EQ(ids("// W-URI-03, 06\n"), 0U);
    EXPECT_EQ(ids("// W-URI-03 to 06, W-URI-03/06, W-URI-03 and 06\n"), 0U);
    EXPECT_EQ(ids("// W-URI-03, 06, "
                  "07); what\n"),
              1U);
    EXPECT_EQ(ids("// W-URI-03 to "
                  "09\n"),
              1U);
    EXPECT_EQ(ids("/// W-URI-03,\n/// "
                  "06\n"),
              0U);
    EXPECT_EQ(ids("// W-AUT-C3, "
                  "C9\n"),
              1U);
}

TEST(RequirementIds, AreNotTakenFromNumbersThatFollow) {
    EXPECT_EQ(ids("// W-URI-03, 100,000 times, W-URI-06: 20 ms, W-URI-03 to 10.5 s\n"), 0U);
}

TEST(RequirementIds, MayNameAWholeFamily) {
    EXPECT_EQ(ids("\"req\": \"W-URI\""), 0U);
    EXPECT_EQ(ids("\"req\": \"" + id("XYZ", "\"")), 1U);
}

TEST(RequirementIds, AreWholeWords) {
    EXPECT_EQ(ids("RAW-10 NEW-URI-99 W-x W_URI_99"), 0U);
}

TEST(PagePaths, ThatExistPass) {
    EXPECT_EQ(paths("// See docs/architecture.md. Why: docs/decisions/0001.\n"), 0U);
    EXPECT_EQ(paths("[x](docs/decisions/README.md), docs/, other/docs/none.md, decision 0001"), 0U);
}

TEST(PagePaths, ThatDoNotExistAreReported) {
    EXPECT_EQ(paths("// See docs"
                    "/architect.md\n"),
              1U);
    EXPECT_EQ(paths("// docs"
                    "/decisions/0009\n"),
              1U);
    EXPECT_EQ(paths("// docs"
                    "/decisions/000\n"),
              1U);
    EXPECT_EQ(paths("// decision"
                    " 0009\n"),
              1U);
}

// As above: not a citation of this file.
const std::string architecture = "architecture:";

TEST(Sections, AreNamedByPageAndHeading) {
    EXPECT_EQ(
        sections("// (" + architecture + " Core and shell), " + architecture + " Path of a CALL."),
        0U);
    EXPECT_EQ(sections("/// " + architecture + " Core and\n    /// shell 2\n"), 0U);
    EXPECT_EQ(sections("# " + architecture + "\n# Core\n"), 0U);
    EXPECT_EQ(sections("the " + architecture + " a table; sub" + architecture + " Nothing\n"), 0U);
}

TEST(Sections, ThatDoNotExistAreReportedWithTheirLine) {
    const auto wrong = check_sections({"a.h", "\n/// (" + architecture + " Cores)\n"}, citable());
    EXPECT_EQ(wrong, Wrong{"a.h:2: docs/architecture.md has no section \"Cores\""});
    EXPECT_EQ(sections("// " + architecture + " Not one\n"), 1U);
    EXPECT_EQ(sections("// " + architecture + "\n// Nothing\n"), 1U);
}

TEST(Sections, HaveTheItemThatIsCited) {
    EXPECT_EQ(sections("// " + architecture + " Core and shell 2\n"), 0U);
    EXPECT_EQ(sections("// " + architecture + " Core and shell 3\n"), 1U);
    EXPECT_EQ(sections("// " + architecture + " Core 1\n"), 1U);
}

std::size_t links(const std::string& text, const std::string& path = "docs/architecture.md") {
    const std::vector<SourceFile> pages = {
        {"docs/architecture.md", "## Core and shell\n## `[[test]]`: what must hold\n"}};
    return check_links({path, text}, pages, citable()).size();
}

TEST(Links, LeadToFilesAndHeadings) {
    EXPECT_EQ(links("[a](architecture.md) [b](architecture.md#core-and-shell) [c](../README.md)"),
              0U);
    EXPECT_EQ(links("[a](architecture.md#test-what-must-hold) [b](decisions/)"), 0U);
    EXPECT_EQ(links("[a](docs/architecture.md)", "README.md"), 0U);
    EXPECT_EQ(links("[a](https://example.org/none.md)\n```\n[b](none.md)\n```\n"), 0U);
}

TEST(Links, ThatLeadNowhereAreReported) {
    EXPECT_EQ(links("[a](none.md)"), 1U);
    EXPECT_EQ(links("[a](architecture.md#none) [b](../none.md)"), 2U);
}

TEST(OutsideReferences, AreReported) {
    const auto count = [](const std::string& text) {
        return check_outside_references({"a.cpp", text}).size();
    };
    EXPECT_EQ(count(std::string("// see DES") + "IGN §7.9\n"), 1U);
    EXPECT_EQ(count(std::string("// the check") + "list §4\n"), 1U);
    EXPECT_EQ(count(std::string("open(\"/wo") + "rk/main/x\")\n"), 1U);
    EXPECT_EQ(count(std::string("/ho") + "me/joe/x and /ro" + "ot/.cache\n"), 2U);
    EXPECT_EQ(
        count(std::string("REDES") + "IGNED, https://example.org/ho" + "me/, RFC 6455 §5.2\n"), 0U);
}

TEST(DefinesFunction, FindsADefinitionOutsideItsClass) {
    EXPECT_TRUE(defines_function("void A::f(int x) {\n}\n", "A::f"));
    EXPECT_TRUE(
        defines_function("template <class T>\nB A::f(T&& x,\n  int) const noexcept {\n}", "A::f"));
    EXPECT_TRUE(defines_function("Result<int> decode(int a) {}\n", "decode"));
    EXPECT_TRUE(defines_function("void C::S::read(X& c) {}\n", "C::S::read"));
}

TEST(DefinesFunction, FindsADefinitionInsideItsClass) {
    const std::string_view text =
        "class Other { void g() {} };\n"
        "template <class C>\nclass Shell final : public Host {\n"
        "    void on_message(int a) override { f(a); }\n    void declared(int a);\n};\n";
    EXPECT_TRUE(defines_function(text, "Shell::on_message"));
    EXPECT_FALSE(defines_function(text, "Shell::declared"));
    EXPECT_FALSE(defines_function(text, "Shell::g"));
}

TEST(DefinesFunction, IsNotFooledByCallsCommentsAndOtherNames) {
    EXPECT_FALSE(defines_function("void A::g() { if (x.f(1)) { A::f(2); } }\n", "A::f"));
    EXPECT_FALSE(
        defines_function("// void A::f() {}\n/* A::f() {} */ auto s = \"A::f() {}\";", "A::f"));
    EXPECT_FALSE(defines_function("void AA::f() {}\nvoid B::A::f() {}\nvoid A::ff() {}\n", "A::f"));
    EXPECT_FALSE(
        defines_function("int decode(int a);\nvoid g() { while (decode(1)) {} }\n", "decode"));
}

TEST(NamedFunctions, AreDefinedWhereThePageSays) {
    const std::vector<SourceFile> sources = {{"policy/a.cpp", "void A::f() {}\n"}};
    const auto check = [&](std::string text) {
        return check_named_functions({"README.md", std::move(text)}, sources);
    };
    EXPECT_EQ(check("1. `policy/a.cpp: A::f` decides\n"), Wrong{});
    EXPECT_EQ(check("x\n`policy/a.cpp: A::g`"),
              Wrong{"README.md:2: policy/a.cpp does not define A::g"});
    EXPECT_EQ(check("`policy/b.cpp: A::f`"), Wrong{"README.md:1: policy/b.cpp does not exist"});
}

TEST(PathList, NamesAFunctionInEachItem) {
    const auto check = [](std::string text) {
        return check_path_list({"README.md", std::move(text)}, "Path of a CALL").size();
    };
    EXPECT_EQ(check("### Path of a CALL\n1. `a/b.cpp: A::f` does\n2. then\n   `a/b.cpp: g` does\n"),
              0U);
    EXPECT_EQ(
        check("### Path of a CALL\n1. `a/b.cpp: A::f` does\n2. then nothing\n## Other\n3. x\n"),
        1U);
    EXPECT_EQ(check("### Path of a CALL\ntext\n### Other\n1. `a/b.cpp: A::f`\n"), 1U);
    EXPECT_EQ(check(""), 1U);
}

constexpr std::string_view listing =
    "## Folders\n```\nwamp/       the protocol\n  base/     values\npolicy/     rules\n"
    "  tools/    commands\n    edit/   changes\n```\n```\nmore/ x\n```\n";

TEST(FolderList, IsReadFromTheFirstBlockOfItsSection) {
    EXPECT_EQ(listed_folders({"README.md", std::string(listing)}, "Folders"),
              (std::set<std::string>{"wamp", "wamp/base", "policy", "policy/tools",
                                     "policy/tools/edit"}));
    EXPECT_TRUE(listed_folders({"README.md", std::string(listing)}, "Other").empty());
}

TEST(FolderList, HasEachFolderOfTheTreeAndNoOther) {
    const auto check = [](const std::set<std::string>& folders) {
        return check_folder_list({"README.md", std::string(listing)}, "Folders", folders).size();
    };
    EXPECT_EQ(check({"wamp/base", "policy/tools", "policy/tools/edit"}), 0U);
    EXPECT_EQ(check({"wamp/base", "policy/tools/edit"}), 0U);
    EXPECT_EQ(check({"wamp/base", "wamp/net", "policy/tools/edit"}), 1U);
    EXPECT_EQ(check({"wamp/base", "policy/tools"}), 1U);
    EXPECT_EQ(check({"policy/tools/edit"}), 2U);
}

}  // namespace
}  // namespace sallyport::layout
