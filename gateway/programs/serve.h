#pragma once

#include <string>

namespace sallyport::gateway {

/// `sallyport serve`: runs the supervisor of that gateway.toml, with its [tor] or as if that were
/// off. Returns the exit code; throws StartError if it cannot start.
int run_gateway(const std::string& config_file, bool without_tor);

}  // namespace sallyport::gateway
