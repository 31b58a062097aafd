#pragma once

#include <string>

namespace sallyport::gateway {

/// `sallyport inside --relay ADDRESS`: dials each gateway of inside.toml, and hands every link to a
/// router that already runs at `router` on this machine, byte for byte. Whoever reads slowly slows
/// the other down; at most 64 KiB wait in each direction. The gateway is the router's client, so
/// nothing of WAMP is known here. Returns the exit code; throws StartError.
int run_relay(const std::string& config_file, const std::string& router);

}  // namespace sallyport::gateway
