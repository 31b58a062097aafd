#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "policy/engine/pattern_table.h"
#include "policy/engine/realm_policy.h"

namespace sallyport::policy {

/// The tables in which a compiled policy looks up its decisions. The rules of a role are separate
/// from those for "*", so that the total size is proportional to the file and not to the product of
/// roles and rules.
struct RealmPolicy::Compiled {
    struct ActionRules {
        PatternTable allows;  ///< values are RuleIndex
        PatternTable forbids;
        RuleIndex conditional = no_rule;  ///< a rule with conditions, if any
    };
    using RoleRules = std::array<ActionRules, 4>;  ///< by Action

    /// The properties of a rule that every decision needs, in a quarter of a cache line.
    struct RuleSummary {
        std::uint64_t payload_bytes;
        bool allow;
        bool conditional;
        bool exact;  ///< match = "exact"
        PayloadMode payload;
        Grants grants;
    };

    std::vector<RuleSummary> summaries;  ///< by RuleIndex
    std::vector<RoleRules> roles;        ///< by RoleIndex; the first holds the rules for "*"
    PatternTable routes;                 ///< values are RouteIndex
    std::size_t depth = 0;               ///< components of the longest pattern
    bool one_target = true;  ///< all routes have the same backends and realm and no rewrite
};

}  // namespace sallyport::policy
