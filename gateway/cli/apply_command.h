#pragma once

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

/// Adds `apply` and `rollback`, which control a running program, to `sallyport policy`, next to the
/// tools for files.
void add_apply_commands(Command& tools);

}  // namespace sallyport::gateway
