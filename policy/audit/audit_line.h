#pragma once

#include <string>

#include "policy/audit/audit.h"

namespace sallyport::policy {

/// The record as a line for people, in printable ASCII even if it contains untrusted text: the
/// outcome, the principal, the reason, and the rule with its file.
std::string line_of(const AuditRecord& record);

}  // namespace sallyport::policy
