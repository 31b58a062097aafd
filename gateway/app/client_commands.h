#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace sallyport::gateway {

/// Exit codes of `sallyport call|publish|subscribe|register`, for scripts.
enum ClientExit : int {
    client_ok = 0,
    client_wamp_error = 1,  ///< the peer answered with a WAMP error; it is on stderr
    client_usage = 2,
    client_not_connected = 3,  ///< could not connect, or the connection was lost
    client_join_refused = 4,
    client_timeout = 5,
};

/// Adds call, publish, subscribe and register. When one of them was given, parsing sets `action` to
/// what does it and returns the exit code. What is wrong with the options is thrown by `action` as
/// std::invalid_argument or StartError.
void add_client_commands(CLI::App& app, std::function<int()>& action);

}  // namespace sallyport::gateway
