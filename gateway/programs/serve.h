#pragma once

#include <string>

namespace sallyport::gateway {

/// `sallyport serve`: runs the supervisor of that gateway.toml. Returns the exit code; throws
/// StartError if it cannot start.
int run_gateway(const std::string& config_file);

}  // namespace sallyport::gateway
