// What an operator is told about broken gateway.toml and inside.toml files: every line of every
// message, from malformed.txt.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "tests/paths.h"

namespace sallyport::gateway {
namespace {

struct Case {
    std::string name;
    std::string text;
    std::string errors;
};

std::vector<Case> read_cases() {
    std::ifstream in(SALLYPORT_SOURCE_DIR "/tests/unit/gateway/config/malformed.txt");
    std::vector<Case> cases;
    std::string* part = nullptr;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("=== ")) {
            cases.push_back({line.substr(4), "", ""});
            part = &cases.back().text;
        } else if (line == "---" && part != nullptr) {
            part = &cases.back().errors;
        } else if (part != nullptr) {
            *part += line + "\n";
        }
    }
    return cases;
}

policy::Diagnostics errors_of(const Case& malformed) {
    const std::string file = "/etc/c.toml";
    if (malformed.name.starts_with("gateway: ")) {
        const auto config = parse_gateway_config(malformed.text, file);
        return config.has_error() ? config.error() : policy::Diagnostics{};
    }
    const auto config = parse_inside_config(malformed.text, file);
    return config.has_error() ? config.error() : policy::Diagnostics{};
}

TEST(MalformedConfiguration, EachErrorNamesItsPlaceAndItsCure) {
    const std::vector<Case> cases = read_cases();
    ASSERT_GE(cases.size(), 30U);
    const std::regex complete(R"(^/etc/c\.toml:[1-9][0-9]*:[1-9][0-9]*: error: .+ \(.+\)$)");
    std::string corrected;
    for (const Case& malformed : cases) {
        std::string errors;
        for (const policy::Diagnostic& diagnostic : errors_of(malformed)) {
            const std::string line = policy::to_string(diagnostic);
            EXPECT_TRUE(std::regex_match(line, complete)) << malformed.name << ": " << line;
            errors += line.substr(line.find(':') + 1) + "\n";
        }
        EXPECT_EQ(errors, malformed.errors) << malformed.name;
        EXPECT_FALSE(errors.empty()) << malformed.name;
        corrected += "=== " + malformed.name + "\n" + malformed.text + "---\n" + errors;
    }
    if (HasFailure()) {
        std::ofstream(SALLYPORT_BUILD_DIR "/malformed-configuration.txt") << corrected;
        ADD_FAILURE() << "what came out is in malformed-configuration.txt of the build directory";
    }
}

}  // namespace
}  // namespace sallyport::gateway
