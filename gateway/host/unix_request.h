#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::gateway {

struct UnixRequestLimits {
    std::chrono::seconds timeout{5};  ///< for each part of the answer
    std::size_t answer_bytes_max = std::size_t{1} << 20;
};

/// Connects to the unix socket of a running program, sends `question` (may be empty) and returns
/// the answer until the program closes the connection, the answer reaches the limit, or the time
/// is over. Blocks. Throws std::system_error if there is no listener or the question cannot be
/// sent.
std::string unix_request(const std::string& socket_path, std::string_view question,
                         const UnixRequestLimits& limits);

}  // namespace sallyport::gateway
