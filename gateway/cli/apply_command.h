#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace sallyport::gateway {

/// Adds `sallyport policy apply` and `rollback`, which control a running program, next to the tools
/// for files.
void add_apply_commands(CLI::App& app, std::function<int()>& action);

}  // namespace sallyport::gateway
