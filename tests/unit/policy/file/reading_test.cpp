#include "policy/file/reading.h"

#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

// What is wrong with the URI of an allow, without its place.
std::string wrong_uri(std::string_view match, std::string_view uri, bool route = false) {
    const std::string table = route ? "[[route]]\nid = \"r\"\nto = \"x\"\n"
                                    : "[[allow]]\nid = \"a\"\nroles = \"*\"\nactions = \"call\"\n";
    const auto errors = errors_of("realm = \"r\"\n" + table + "match = \"" + std::string(match) +
                                      "\"\nuri = \"" + std::string(uri) + "\"\n",
                                  tool_options());
    if (errors.empty()) return "";
    const std::string& first = errors.front();
    return first.substr(first.find("error: ") + 7);
}

TEST(ReadUris, TakesEachKindOfPattern) {
    EXPECT_EQ(wrong_uri("exact", "a.b"), "");
    EXPECT_EQ(wrong_uri("prefix", "a."), "");
    EXPECT_EQ(wrong_uri("wildcard", "a..c"), "");
    EXPECT_EQ(wrong_uri("wildcard", "..c"), "");
    EXPECT_EQ(wrong_uri("wildcard", "a."), "");
    EXPECT_EQ(wrong_uri("exact", "a.${authid}.${authrole}"), "");
    EXPECT_EQ(wrong_uri("prefix", "a.${authid}."), "");
    EXPECT_EQ(wrong_uri("wildcard", "${authrole}..x"), "");
    EXPECT_EQ(wrong_uri("prefix", ""), "");
    EXPECT_EQ(wrong_uri("prefix", "", true), "");
}

TEST(ReadUris, RefusesWhatWouldNotMeanWhatItSeemsTo) {
    EXPECT_EQ(wrong_uri("prefix", "a"),
              "the prefix \"a\" does not end on a component boundary (write \"a.\")");
    EXPECT_EQ(wrong_uri("exact", "a."),
              "\"a.\" is not a valid URI: it ends with a dot (add match = \"prefix\" to match "
              "everything below it, or write \"a\")");
    EXPECT_EQ(
        wrong_uri("wildcard", "a.b"),
        "the wildcard pattern \"a.b\" has no empty component (write match = \"exact\", or leave "
        "a component empty, as in \"com..x\")");
    EXPECT_EQ(wrong_uri("exact", "a.*"),
              "\"*\" is not a wildcard in a URI (to match everything below it, write match = "
              "\"prefix\" and "
              "\"a.\")");
    EXPECT_EQ(wrong_uri("exact", "a.x${authid}"),
              "a placeholder in \"a.x${authid}\" is not a whole component (write ${authid} or "
              "${authrole} between dots; variables are ${var.name})");
    EXPECT_EQ(wrong_uri("prefix", "a.${authid}"),
              "the prefix \"a.${authid}\" does not end on a component boundary (write "
              "\"a.${authid}.\")");
    EXPECT_EQ(wrong_uri("exact", "a.${authid}", true),
              "[[route]] does not allow a placeholder (write out the URI)");
    EXPECT_EQ(
        wrong_uri("exact", "a b"),
        "\"a b\" is not a valid URI (components are separated by single dots and contain no space, "
        "'#' or control character)");
    EXPECT_EQ(wrong_uri("wildcard", "a. .b"),
              "\"a. .b\" is not a valid URI (components are separated by single dots and contain "
              "no space, '#' or control character)");
    EXPECT_EQ(wrong_uri("sub", "a"),
              "unknown match \"sub\" (known kinds of match: exact, prefix, wildcard)");
}

}  // namespace
}  // namespace sallyport::policy
