#pragma once

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

/// Adds `page`, which serves the operator page on a loopback port until it is interrupted.
void add_page_command(Command& program);

}  // namespace sallyport::gateway
