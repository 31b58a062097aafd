#pragma once

#include <string>

#include "policy/tools/analysis/diff.h"

namespace sallyport::policy {

/// The [[test]] that holds before the difference and fails after it; "" when TOML cannot say it.
/// With `route`, it also asks for the route.
std::string test_text(const Difference& difference, bool route);

}  // namespace sallyport::policy
