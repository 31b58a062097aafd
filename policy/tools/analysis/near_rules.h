#pragma once

#include <string>
#include <vector>

#include "policy/engine/realm_policy.h"
#include "policy/file/file.h"

namespace sallyport::policy {

/// A rule that nearly decided.
struct NearRule {
    const RuleText* rule;
    std::string why;  ///< "is for role operator"
};

/// The rules that nearly decided the request, the nearest first: rules for it that do not apply or
/// are overridden, rules for another role or another action only, and rules for the most similar
/// URIs. At most `most`.
std::vector<NearRule> near_rules(const PolicyFile& file, const Subject& subject,
                                 const Question& question, std::size_t most);

}  // namespace sallyport::policy
