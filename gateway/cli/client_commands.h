#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace sallyport::gateway {

/// Adds call, publish, subscribe and register. When one of them was given, parsing sets `action` to
/// what does it and returns the exit code. What is wrong with the options is thrown by `action` as
/// std::invalid_argument or StartError.
void add_client_commands(CLI::App& app, std::function<int()>& action);

}  // namespace sallyport::gateway
