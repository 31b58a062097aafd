#pragma once

#include <string>

#include "gateway/host/acceptor.h"

namespace sallyport::gateway {

/// Answers one connection to the admin socket: one line, then the end. The socket's mode (0600)
/// says who may ask.
void answer_status(Acceptor::Socket socket, std::string line);

/// `sallyport status`: asks a running gateway; prints its state as text, or as the JSON line it is.
/// The exit code.
int print_status(const std::string& config_file, bool json);

}  // namespace sallyport::gateway
