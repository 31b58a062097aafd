// Every example of docs/policy-language.md does what the page says of it.
#include <fstream>
#include <map>

#include "policy/auth/principals.h"
#include "tests/paths.h"
#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

struct Example {
    std::string kind;  ///< what stands after ```toml
    std::string text;
    int line = 0;
};

std::vector<Example> examples() {
    std::ifstream in(SALLYPORT_SOURCE_DIR "/docs/policy-language.md");
    std::vector<Example> all;
    bool inside = false;
    int number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (!inside && line.starts_with("```toml")) {
            all.push_back({line.substr(7), "", number});
            inside = true;
        } else if (line == "```") {
            inside = false;
        } else if (inside) {
            all.back().text += line + "\n";
        }
    }
    return all;
}

TEST(Documentation, HasExamplesThatAllDoAsItSays) {
    int accepted = 0;
    int refused = 0;
    int tests = 0;
    std::map<std::string, std::string> files;  // that later examples include
    const ReadInclude read_include =
        [&files](const std::string& path) -> wamp::Result<std::string, Diagnostic> {
        const auto found = files.find(path);
        if (found == files.end()) return Diagnostic{{path, 0, 0}, "there is no such example", ""};
        return found->second;
    };
    constexpr std::string_view file_mark = " file=";
    for (const Example& example : examples()) {
        if (example.kind.starts_with(file_mark)) {
            files[example.kind.substr(file_mark.size())] = example.text;
            continue;
        }
        SCOPED_TRACE("docs/policy-language.md:" + std::to_string(example.line));
        if (example.kind == " principals") {
            Diagnostics diagnostics;
            EXPECT_EQ(parse_principals(example.text, "p", diagnostics).list.size(), 1U);
            EXPECT_TRUE(diagnostics.empty());
            continue;
        }
        ASSERT_EQ(example.kind, "");
        const bool whole = example.text.starts_with("realm = ");
        const std::string text = (whole ? "" : "realm = \"example\"\n") + example.text;
        const auto errors = errors_of(text, tool_options(), read_include);
        constexpr std::string_view refusal = "# refused: ";
        if (example.text.starts_with(refusal)) {
            const std::string reason =
                example.text.substr(refusal.size(), example.text.find('\n') - refusal.size());
            ASSERT_EQ(errors.size(), 1U);
            EXPECT_NE(errors[0].find(reason), std::string::npos) << errors[0];
            ++refused;
            continue;
        }
        for (const std::string& error : errors) ADD_FAILURE() << error;
        Diagnostics none;
        tests += static_cast<int>(parse_policy(text, test_file, none, read_include).tests.size());
        ++accepted;
    }
    EXPECT_GE(accepted, 7);
    EXPECT_GE(refused, 6);
    EXPECT_GE(tests, 15);
}

}  // namespace
}  // namespace sallyport::policy
