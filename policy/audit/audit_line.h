#pragma once

#include <string>

#include "policy/audit/audit.h"

namespace sallyport::policy {

/// The record as a line for people, of printable ASCII whatever a stranger put into it: what became
/// of whom, why, and by which rule of which file.
std::string line_of(const AuditRecord& record);

}  // namespace sallyport::policy
