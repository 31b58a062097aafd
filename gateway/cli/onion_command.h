#pragma once

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

/// `sallyport onion grant|revoke|list|rotate|show`.
void add_onion_command(Command& program);

}  // namespace sallyport::gateway
