#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace sallyport::gateway {

/// Adds `sallyport policy …` to the program; `action` becomes what the command line asks for, and
/// answers the exit code (policy/tools/exit_code.h).
void add_policy_commands(CLI::App& app, std::function<int()>& action);

}  // namespace sallyport::gateway
