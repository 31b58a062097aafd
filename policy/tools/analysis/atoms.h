#pragma once

#include <string>
#include <vector>

#include "policy/engine/condition.h"
#include "policy/file/file.h"
#include "policy/tools/analysis/argument_cases.h"

namespace sallyport::policy {

/// Splits the condition: first its presence and type, then each of its bounds together with that.
/// The condition holds exactly if all of its atoms hold.
std::vector<Condition> atoms_of(const Condition& condition);

/// Whether both test the same argument.
bool same_subject(const Condition& a, const Condition& b);

/// The parts of `rule` alone that do not accept the payload: names of atoms, and its payload mode.
/// If `other`, which accepts it, is more precise (one of several literals, one type, absence), the
/// name includes that. Empty if the rule accepts the payload.
std::vector<std::string> misfits(const RuleText& rule, const RuleText& other,
                                 const ArgumentCase& arguments);

}  // namespace sallyport::policy
