#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace sallyport::gateway {

/// Adds `sallyport policy …` to the program; parsing sets `action` to the command, which returns
/// the exit code (policy/tools/exit_code.h).
void add_policy_commands(CLI::App& app, std::function<int()>& action);

}  // namespace sallyport::gateway
