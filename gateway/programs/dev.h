#pragma once

#include <cstdint>
#include <string>

namespace sallyport::gateway {

/// `sallyport dev`: runs the gateway of that gateway.toml with its insides and without Tor, offers
/// clients its local socket on 127.0.0.1 at that port (0: any), too, and applies the policies when
/// a file changes. Returns the exit code when it is stopped; throws StartError if it cannot start.
int run_dev(const std::string& config_file, std::uint16_t port);

}  // namespace sallyport::gateway
