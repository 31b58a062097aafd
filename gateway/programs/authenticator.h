#pragma once

#include <string>

namespace sallyport::gateway {

/// `sallyport authenticator`: started by the supervisor beside a worker or an inside, of whose
/// configuration file it has the principals. Enters the sandbox, and answers the questions of that
/// process on a packet socket that the supervisor sends to both. Returns the exit code; throws
/// StartError.
int run_authenticator(const std::string& config_file, int channel, bool of_inside);

}  // namespace sallyport::gateway
