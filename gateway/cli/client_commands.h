#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace sallyport::gateway {

/// Adds call, publish, subscribe and register. If one of them was given, parsing sets `action` to a
/// function that runs it and returns the exit code. `action` throws std::invalid_argument or
/// StartError for invalid options.
void add_client_commands(CLI::App& app, std::function<int()>& action);

}  // namespace sallyport::gateway
