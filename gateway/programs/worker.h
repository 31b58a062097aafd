#pragma once

#include <string>

namespace sallyport::gateway {

/// `sallyport worker`: the gateway itself, started by the supervisor with one end of a packet
/// socket. Reads its configuration, enters the sandbox (sandbox.h), and runs a Front on one reactor
/// thread. It receives listeners and connected links, and creates no sockets itself. Returns the
/// exit code; throws StartError.
int run_worker(const std::string& config_file, int channel);

}  // namespace sallyport::gateway
