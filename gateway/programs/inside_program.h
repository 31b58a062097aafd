#pragma once

#include <string>

namespace sallyport::gateway {

/// `sallyport inside`: the internal router with its second door, on one reactor thread. Listens for
/// services on local addresses and dials the gateways of its configuration. With a channel
/// (`channel` >= 0) it is embedded: a supervisor started it, passes it the connected links, and
/// stops it. Returns the exit code; throws StartError.
int run_inside(const std::string& config_file, int channel);

}  // namespace sallyport::gateway
