#pragma once

#include <string>
#include <vector>

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

/// The script for "bash", "zsh" or "fish".
std::string completion_script(const std::vector<CompletedCommand>& commands,
                              const std::string& shell);

/// Adds `sallyport completion SHELL`.
void add_completion_command(Command& program);

}  // namespace sallyport::gateway
