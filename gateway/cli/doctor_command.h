#pragma once

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

/// `sallyport doctor`: why nobody can reach the gateway, and what to do.
void add_doctor_command(Command& program);

}  // namespace sallyport::gateway
