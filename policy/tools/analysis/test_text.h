#pragma once

#include <string>

#include "policy/tools/analysis/diff.h"

namespace sallyport::policy {

/// The [[test]] that passes before the difference and fails after it; "" if TOML cannot express it.
/// With `route`, it also checks the route.
std::string test_text(const Difference& difference, bool route);

}  // namespace sallyport::policy
