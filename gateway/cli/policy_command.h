#pragma once

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

/// Adds `sallyport policy …` to the program and returns it. The actions return the exit codes of
/// policy/tools/exit_code.h.
Command& add_policy_commands(Command& program);

}  // namespace sallyport::gateway
