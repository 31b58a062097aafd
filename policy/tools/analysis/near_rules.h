#pragma once

#include <string>
#include <vector>

#include "policy/engine/realm_policy.h"
#include "policy/file/file.h"

namespace sallyport::policy {

/// A rule that might have decided, and did not.
struct NearRule {
    const RuleText* rule;
    std::string why;  ///< "is for role operator"
};

/// The rules that came near to deciding the question, the nearest first: those that speak of it and
/// have no say or are outweighed, those that miss it by role or action alone, and those for the
/// URIs most like it. At most `most`.
std::vector<NearRule> near_rules(const PolicyFile& file, const Subject& subject,
                                 const Question& question, std::size_t most);

}  // namespace sallyport::policy
