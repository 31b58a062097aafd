#pragma once

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

/// Adds `sallyport principal …` to the program. The actions return the exit codes of
/// policy/tools/exit_code.h.
void add_principal_commands(Command& program);

}  // namespace sallyport::gateway
