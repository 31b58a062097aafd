#pragma once

#include "wamp/base/random.h"

namespace sallyport::gateway {

/// 32 bytes from the operating system. Throws std::system_error.
wamp::Random::Seed random_seed();

}  // namespace sallyport::gateway
