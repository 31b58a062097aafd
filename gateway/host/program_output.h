#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace sallyport::gateway {

/// What a program prints on stdout until it ends, or until `limit` is over; then it is killed.
/// `words` include argv[0]. "" if it cannot be started.
std::string output_of(const std::string& program, std::vector<std::string> words,
                      std::chrono::milliseconds limit);

}  // namespace sallyport::gateway
