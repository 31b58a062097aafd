#pragma once

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

/// Adds `tail` and `denied`, which read the file of the audit log.
void add_audit_commands(Command& program);

}  // namespace sallyport::gateway
