#pragma once

#include <string>
#include <vector>

#include "policy/engine/condition.h"
#include "policy/file/file.h"
#include "policy/tools/analysis/argument_cases.h"

namespace sallyport::policy {

/// The condition taken apart: first what it says of presence and type, then each of its bounds
/// together with that. It holds exactly if all of its atoms do.
std::vector<Condition> atoms_of(const Condition& condition);

/// Whether both are about the same argument.
bool same_subject(const Condition& a, const Condition& b);

/// What of `rule` by itself does not fit the payload: names of atoms, and of how it wants payloads.
/// Where `other`, which fits, says more exactly what it lets through (one literal of several, one
/// type, absence), the name says which. Empty when the rule fits.
std::vector<std::string> misfits(const RuleText& rule, const RuleText& other,
                                 const ArgumentCase& arguments);

}  // namespace sallyport::policy
