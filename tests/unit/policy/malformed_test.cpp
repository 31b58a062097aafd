// What an operator is told about broken policy files: every line of every message, from
// malformed.txt.
#include <fstream>
#include <sstream>

#include "tests/unit/policy/support.h"

namespace sallyport::policy {
namespace {

struct Case {
    std::string name;
    std::string text;
    std::string errors;
};

std::vector<Case> read_cases() {
    std::ifstream in(SALLYPORT_SOURCE_DIR "/tests/unit/policy/malformed.txt");
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

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

TEST(MalformedPolicy, EachErrorNamesItsPlaceAndItsCure) {
    const std::vector<Case> cases = read_cases();
    ASSERT_GE(cases.size(), 35U);
    const std::vector<std::string> backends{"inside", "other"};
    std::string corrected;
    for (const Case& malformed : cases) {
        const std::string errors = joined(errors_of(malformed.text, {false, backends, false}));
        EXPECT_EQ(errors, malformed.errors) << malformed.name;
        EXPECT_FALSE(errors.empty()) << malformed.name;
        corrected += "=== " + malformed.name + "\n" + malformed.text + "---\n" + errors;
    }
    if (HasFailure()) {
        std::ofstream(SALLYPORT_BUILD_DIR "/malformed.txt") << corrected;
        ADD_FAILURE() << "what came out is in malformed.txt of the build directory";
    }
}

}  // namespace
}  // namespace sallyport::policy
