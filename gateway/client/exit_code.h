#pragma once

namespace sallyport::gateway {

/// Exit codes of `sallyport call|publish|subscribe|register`, for scripts.
enum ClientExit : int {
    client_ok = 0,
    client_wamp_error = 1,  ///< the peer answered with a WAMP error, which is on stderr
    client_usage = 2,
    client_not_connected = 3,  ///< could not connect, or the connection was lost
    client_join_refused = 4,
    client_timeout = 5,
};

}  // namespace sallyport::gateway
