#pragma once

#include "gateway/cli/arguments.h"
#include "policy/tools/edit/principal.h"

namespace sallyport::gateway {

/// Edits a principals file as the commands below do: locked against others that edit it, and
/// replaced as a whole. Returns their exit code.
int edit_principals(policy::PrincipalRequest request, const policy::Output& to);

/// Adds `sallyport principal …` to the program. The actions return the exit codes of
/// policy/tools/exit_code.h.
void add_principal_commands(Command& program);

}  // namespace sallyport::gateway
