#include "policy/tools/edit/fmt.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "policy/document/document.h"
#include "policy/file/file.h"
#include "tests/paths.h"
#include "tests/unit/policy/tools/support.h"
#include "wamp/base/random.h"

namespace sallyport::policy {
namespace {

using Fmt = ToolTest;

std::string formatted(const std::string& text) {
    const auto result = format_toml(text, "f");
    if (!result) {
        ADD_FAILURE() << to_string(result.error());
        return "";
    }
    return *result;
}

TEST_F(Fmt, PutsARuleInTheOneOrderAndKeepsItsComments) {
    EXPECT_EQ(formatted("# head of the file\n\n"
                        "realm='r'\n"
                        "[[allow]]   # drive\n"
                        "limits={rate=\"20/s\",in_flight=8}\n"
                        "# of the URI\n"
                        "uri = [ \"lab.a\",'lab.b' ]   # two\n\n\n"
                        "actions=[\"call\"]\n"
                        "\"roles\" = [\"operator\"]\n"
                        "id = \"drive\"\n"
                        "# end of the rule\n\n\n"
                        "# the next\n"
                        "[[forbid]]\n"
                        "id = \"off\""),
              "# head of the file\n\n"
              "realm = \"r\"\n\n"
              "[[allow]]  # drive\n"
              "id = \"drive\"\n"
              "roles = [\"operator\"]\n"
              "actions = [\"call\"]\n"
              "# of the URI\n"
              "uri = [\"lab.a\", \"lab.b\"]  # two\n"
              "limits = { rate = \"20/s\", in_flight = 8 }\n"
              "# end of the rule\n\n"
              "# the next\n"
              "[[forbid]]\n"
              "id = \"off\"\n");
}

TEST_F(Fmt, KeepsHowEventsAreDelivered) {
    EXPECT_EQ(formatted("[[allow]]\nrate=\"2/s\"\nkey={kwarg=\"k\"}\ndeliver='latest'\nid='a'\n"),
              "[[allow]]\nid = \"a\"\ndeliver = \"latest\"\nkey = { kwarg = \"k\" }\nrate = "
              "\"2/s\"\n");
}

TEST_F(Fmt, BreaksLongListsAndThoseWithComments) {
    std::string uris;
    for (int i = 0; i < 9; ++i)
        uris += (i == 0 ? "\"" : ", \"") + std::string("lab.number") + std::to_string(i) + "\"";
    const std::string text =
        formatted("[[allow]]\nuri = [" + uris + "]\nroles = [ # all\n\"a\"]\n");
    EXPECT_TRUE(
        text.starts_with("[[allow]]\nroles = [\n    # all\n    \"a\",\n]\nuri = [\n"
                         "    \"lab.number0\",\n"))
        << text;
    EXPECT_TRUE(text.ends_with("    \"lab.number8\",\n]\n")) << text;
    EXPECT_EQ(formatted(text), text);
}

TEST_F(Fmt, KeepsInlineTablesInOneLineAndBreaksTheListsInThem) {
    const std::string text = formatted("a = { b = [ # why\n 1 ], c = {}, d = [] }\n");
    EXPECT_EQ(text, "a = { b = [\n    # why\n    1,\n], c = {}, d = [] }\n");
    EXPECT_EQ(formatted(text), text);
}

TEST_F(Fmt, RefusesWhatIsNoToml) {
    const auto result = format_toml("realm 1\n", "f");
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error().place.line, 1U);
}

std::vector<std::string> known_texts() {
    std::vector<std::string> texts;
    const std::filesystem::path root(SALLYPORT_SOURCE_DIR);
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(root / "deploy/examples")) {
        if (entry.path().extension() != ".toml") continue;
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        texts.push_back(text.str());
    }
    // The examples of the pages, and what is malformed and TOML all the same.
    for (const char* page : {"docs/policy-language.md", "docs/operations.md",
                             "tests/unit/policy/file/malformed.txt"}) {
        std::ifstream in(root / page);
        std::string text;
        for (std::string line; std::getline(in, line);) {
            if (line.starts_with("```") || line.starts_with("===") || line == "---") {
                texts.push_back(text);
                text.clear();
            } else {
                text += line + "\n";
            }
        }
    }
    std::erase_if(texts, [](const std::string& text) { return !parse_document(text, "f"); });
    return texts;
}

// What the file says, without places.
std::string meaning(const std::string& text) {
    Diagnostics diagnostics;
    const PolicyFile file = parse_policy(text, "f", diagnostics);
    std::vector<std::string> said;
    for (const Diagnostic& diagnostic : diagnostics) said.push_back(diagnostic.text);
    for (const RuleText& rule : file.rules) {
        std::string line = rule.id + (rule.allow ? " allow" : " forbid");
        for (const auto& role : rule.roles) line += " " + role;
        for (const auto& uri : rule.uris) line += " " + uri.text;
        said.push_back(line);
    }
    for (const RouteText& route : file.routes) {
        said.push_back(route.id);
        for (const std::string& name : route.backends) said.back() += " " + name;
    }
    for (const TestText& test : file.tests) said.push_back(test.uri + test.role + test.rule);
    std::sort(said.begin(), said.end());
    std::string all = file.realm;
    for (const std::string& line : said) all += "\n" + line;
    return all;
}

TEST_F(Fmt, NeverChangesWhatAFileMeansAndFormatsOnce) {
    const auto texts = known_texts();
    ASSERT_GE(texts.size(), 60U);
    for (const std::string& text : texts) {
        const std::string once = formatted(text);
        EXPECT_EQ(formatted(once), once) << text;
        EXPECT_EQ(meaning(once), meaning(text)) << text;
        // No comment is lost.
        EXPECT_EQ(std::count(once.begin(), once.end(), '#'),
                  std::count(text.begin(), text.end(), '#'))
            << text;
    }
}

TEST_F(Fmt, TakesAnyLayoutOfTheSameFile) {
    wamp::Random random({5});
    const auto texts = known_texts();
    int changed = 0;
    for (int round = 0; round < 6000; ++round) {
        std::string text = texts[random.below(texts.size())];
        for (std::uint64_t i = 1 + random.below(6); i > 0 && !text.empty(); --i) {
            constexpr std::string_view pieces[] = {" ", "\n", "\t",       "# c\n",
                                                   ",", "\"", "\n# x\n\n"};
            text.insert(random.below(text.size()), pieces[random.below(std::size(pieces))]);
        }
        if (!parse_document(text, "f")) continue;
        ++changed;
        const std::string once = formatted(text);
        ASSERT_EQ(formatted(once), once) << text;
        ASSERT_EQ(meaning(once), meaning(text)) << text;
    }
    EXPECT_GE(changed, 500);
}

TEST_F(Fmt, ReportsShowsOrReturnsWhatChanges) {
    const std::string good = file("good.toml", "realm = \"r\"\n");
    const std::string bad = file("bad.toml", "realm='r'\n");
    std::vector<Rewrite> rewrites;
    EXPECT_EQ(fmt({FmtRequest::Mode::check, {good, bad}}, rewrites, to_), 1);
    EXPECT_EQ(out(), "bad.toml: not formatted\n");
    EXPECT_TRUE(rewrites.empty());
    out_.str("");
    EXPECT_EQ(fmt({FmtRequest::Mode::diff, {bad}}, rewrites, to_), 1);
    EXPECT_NE(out().find("-realm='r'\n+realm = \"r\"\n"), std::string::npos) << out();
    out_.str("");
    EXPECT_EQ(fmt({FmtRequest::Mode::write, {good, bad}}, rewrites, to_), 0);
    ASSERT_EQ(rewrites.size(), 1U);
    EXPECT_EQ(rewrites[0].path, bad);
    EXPECT_EQ(rewrites[0].text, "realm = \"r\"\n");
    out_.str("");
    EXPECT_EQ(fmt({FmtRequest::Mode::check, {file("x.toml", "x"), good}}, rewrites, json_), 2);
    EXPECT_NE(out().find("\"not_formatted\":[],\"errors\":[{\"file\":\"x.toml\""),
              std::string::npos)
        << out();
}

}  // namespace
}  // namespace sallyport::policy
