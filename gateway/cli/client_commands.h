#pragma once

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

/// Adds call, publish, subscribe, register and ping. Their actions throw std::invalid_argument or
/// StartError for invalid options.
void add_client_commands(Command& program);

}  // namespace sallyport::gateway
