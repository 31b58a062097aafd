#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace sallyport::gateway {

/// Adds `sallyport principal …` to the program; parsing sets `action` to the command, which returns
/// the exit code (policy/tools/exit_code.h).
void add_principal_commands(CLI::App& app, std::function<int()>& action);

}  // namespace sallyport::gateway
