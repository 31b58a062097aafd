#pragma once

#include <string>
#include <vector>

namespace sallyport::gateway {

/// What `sallyport init --start` runs and calls.
struct FirstStart {
    std::string config_file;           ///< of a gateway with its inside on this machine
    std::vector<std::string> service;  ///< options of `sallyport register`
    std::vector<std::string> call;     ///< options of `sallyport call` over the local socket
    /// The same through Tor, ADDRESS standing for the onion address; empty without a managed tor.
    std::vector<std::string> onion_call;
};

/// Runs the gateway, waits until it can be reached, runs a service, and calls it: through the onion
/// address where there is one. Everything goes on until it is stopped. Returns the exit code: 1 if
/// the gateway or the service ended, or if the call was not answered within five minutes.
int run_first_start(const FirstStart& first);

}  // namespace sallyport::gateway
