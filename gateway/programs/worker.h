#pragma once

#include <string>

namespace sallyport::gateway {

/// `sallyport worker`: the gateway itself, started by the supervisor with one end of a packet
/// socket. Reads its configuration, shuts itself in (sandbox.h), and carries a Front on one reactor
/// thread. It is handed listeners and connected links, and creates no socket of its own. The exit
/// code; throws StartError.
int run_worker(const std::string& config_file, int channel);

}  // namespace sallyport::gateway
