// What an operator is told about broken policy and principals files: every line of every message,
// from malformed.txt. A case is the file, then "--- file NAME" and a file that it includes, then
// "---" and the lines.
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "policy/auth/principals.h"
#include "tests/paths.h"
#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

struct Case {
    std::string name;
    std::string text;
    std::map<std::string, std::string> included;
    std::string whole;  ///< all of it, but the errors
    std::string errors;
};

std::vector<Case> read_cases() {
    std::ifstream in(SALLYPORT_SOURCE_DIR "/tests/unit/policy/file/malformed.txt");
    std::vector<Case> cases;
    std::string* part = nullptr;
    for (std::string line; std::getline(in, line);) {
        constexpr std::string_view file = "--- file ";
        if (line.starts_with("=== ")) {
            cases.push_back({line.substr(4), "", {}, "", ""});
            part = &cases.back().text;
        } else if (line == "---" && part != nullptr) {
            part = &cases.back().errors;
            continue;
        } else if (line.starts_with(file) && part != nullptr) {
            part = &cases.back().included[line.substr(file.size())];
        } else if (part != nullptr) {
            *part += line + "\n";
        }
        if (part != nullptr && part != &cases.back().errors) cases.back().whole += line + "\n";
    }
    return cases;
}

Diagnostics errors_of_principals(const std::string& text) {
    Diagnostics diagnostics;
    parse_principals(text, test_file, diagnostics);
    sort(diagnostics);
    return diagnostics;
}

Diagnostics errors_of_policy(const Case& malformed) {
    const ReadInclude read = [&](const std::string& path) -> wamp::Result<std::string, Diagnostic> {
        if (path == test_file) return malformed.text;
        const auto found = malformed.included.find(path);
        if (found != malformed.included.end()) return found->second;
        return Diagnostic{{path, 0, 0}, "there is no such file", "check the path"};
    };
    static const std::vector<std::string> backends{"inside", "other"};
    Diagnostics found;
    const PolicyFile file = parse_policy(malformed.text, test_file, found, read);
    const bool sound = found.empty();
    if (file.is_toml) {
        if (const auto policy = Compiler::compile(file, {false, backends, false}, ""); !policy) {
            const Diagnostics more = policy.error();
            found.insert(found.end(), more.begin(), more.end());
        } else if (sound) {
            found = failed_tests(file, **policy);
        }
    }
    sort(found);
    return found;
}

TEST(MalformedPolicy, EachErrorNamesItsPlaceAndItsCure) {
    const std::vector<Case> cases = read_cases();
    ASSERT_GE(cases.size(), 100U);
    const std::regex complete(R"(^[a-z]+\.toml:[1-9][0-9]*:[1-9][0-9]*: error: .+ \(.+\)$)");
    std::string corrected;
    for (const Case& malformed : cases) {
        const bool principals = malformed.name.starts_with("principals: ");
        const Diagnostics found =
            principals ? errors_of_principals(malformed.text) : errors_of_policy(malformed);
        std::string errors;
        for (const Diagnostic& diagnostic : found) {
            const std::string line = to_string(diagnostic);
            EXPECT_TRUE(std::regex_match(line, complete)) << malformed.name << ": " << line;
            const std::string own = std::string(test_file) + ":";
            errors += (line.starts_with(own) ? line.substr(own.size()) : line) + "\n";
        }
        EXPECT_EQ(errors, malformed.errors) << malformed.name;
        EXPECT_FALSE(errors.empty()) << malformed.name;
        corrected += malformed.whole + "---\n" + errors;
    }
    if (HasFailure()) {
        std::ofstream(SALLYPORT_BUILD_DIR "/malformed.txt") << corrected;
        ADD_FAILURE() << "what came out is in malformed.txt of the build directory";
    }
}

}  // namespace
}  // namespace sallyport::policy
