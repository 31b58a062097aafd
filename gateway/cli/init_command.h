#pragma once

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

/// Adds `init`, which writes a first configuration.
void add_init_command(Command& program);
/// Adds `dev`, which runs one for somebody who writes services, policies or clients.
void add_dev_command(Command& program);

}  // namespace sallyport::gateway
