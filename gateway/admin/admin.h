#pragma once

#include <string>

#include "gateway/host/acceptor.h"

namespace sallyport::gateway {

/// Answers one connection to the admin socket with one line. The mode of the socket (0600) decides
/// who may connect.
void answer_status(Acceptor::Socket socket, std::string line);

/// `sallyport status`: asks a running gateway and prints its state as text, or the line of JSON as
/// it is. Returns the exit code.
int print_status(const std::string& config_file, bool json);

}  // namespace sallyport::gateway
