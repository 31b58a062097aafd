#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/file/compile.h"
#include "policy/file/file.h"
#include "policy/file/inline_test.h"
#include "policy/file/load.h"

namespace sallyport::policy {

inline constexpr const char* test_file = "realm.toml";

/// The lines of the errors that reading, compiling and testing the text gives, without the file's
/// name.
inline std::vector<std::string> errors_of(std::string_view text, const CompileOptions& options,
                                          const ReadInclude& read_include = {}) {
    Diagnostics found;
    const PolicyFile file = parse_policy(text, test_file, found, read_include);
    const bool sound = found.empty();
    if (const auto policy = Compiler::compile(file, options, ""); !policy) {
        const Diagnostics more = policy.error();
        found.insert(found.end(), more.begin(), more.end());
    } else if (sound) {
        found = failed_tests(file, **policy);
    }
    sort(found);
    std::vector<std::string> lines;
    for (const Diagnostic& diagnostic : found) {
        lines.push_back(to_string(diagnostic).substr(std::string_view(test_file).size() + 1));
    }
    return lines;
}

inline CompileOptions tool_options() {
    return {false, {}, true};
}

/// The compiled text; the test fails when it does not load.
inline std::shared_ptr<const RealmPolicy> compiled(std::string_view text) {
    for (const std::string& line : errors_of(text, tool_options())) ADD_FAILURE() << line;
    Diagnostics none;
    const PolicyFile file = parse_policy(text, test_file, none);
    auto policy = Compiler::compile(file, tool_options(), "version");
    return policy ? *policy : nullptr;
}

/// "allow ID", "forbid ID", "no_allow", "pattern", "no_route ID", "payload ID".
inline std::string answer(const RealmPolicy& policy, const Decision& decision) {
    if (const auto* permit = std::get_if<Permit>(&decision))
        return "allow " + policy.rule(permit->rule()).id;
    const Denial& denial = std::get<Denial>(decision);
    const std::string id = denial.rule == no_rule ? "" : " " + policy.rule(denial.rule).id;
    switch (denial.reason) {
        case Denial::Reason::no_allow:
            return "no_allow" + id;
        case Denial::Reason::forbidden:
            return "forbid" + id;
        case Denial::Reason::no_route:
            return "no_route" + id;
        case Denial::Reason::pattern:
            return "pattern" + id;
        case Denial::Reason::payload_too_big:
            return "payload" + id;
        case Denial::Reason::condition:
            return "condition" + id;
        case Denial::Reason::opaque:
            return "opaque" + id;
        case Denial::Reason::grant:
            return "grant" + id;
        case Denial::Reason::unnamed:
            return "unnamed" + id;
    }
    return "";
}

inline std::string ask(const RealmPolicy& policy, std::string_view role, Action action,
                       std::string_view uri, wamp::MatchPolicy match = wamp::MatchPolicy::exact,
                       std::size_t payload_bytes = 0) {
    return answer(
        policy, policy.decide({policy.role(role), {}, role}, {action, uri, match, payload_bytes}));
}

}  // namespace sallyport::policy
