#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "policy/engine/pattern_table.h"
#include "policy/engine/realm_policy.h"

namespace sallyport::policy {

/// What a compiled policy looks its decisions up in. A role's own rules stand apart from those for
/// "*", so that the size of all is that of the file and not the product of roles and rules.
struct RealmPolicy::Compiled {
    struct ActionRules {
        PatternTable allows;  ///< values are RuleIndex
        PatternTable forbids;
        RuleIndex conditional = no_rule;  ///< one of the rules that have conditions
    };
    using RoleRules = std::array<ActionRules, 4>;  ///< by Action

    /// What every decision asks of a rule, in a quarter of a cache line.
    struct RuleSummary {
        std::uint64_t payload_bytes;
        bool allow;
        bool conditional;
        bool exact;  ///< it names its URIs one by one
        PayloadMode payload;
        Grants grants;
    };

    std::vector<RuleSummary> summaries;  ///< by RuleIndex
    std::vector<RoleRules> roles;        ///< by RoleIndex; the first holds the rules for "*"
    PatternTable routes;                 ///< values are RouteIndex
    std::size_t depth = 0;               ///< components of the longest pattern
    bool one_target = true;              ///< all routes lead to one backend and realm, unchanged
};

}  // namespace sallyport::policy
