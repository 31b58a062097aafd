#pragma once

#include <span>
#include <string>

#include "policy/tools/report.h"

namespace sallyport::policy {

/// `sallyport policy test FILE…`: puts every [[test]] and tells its outcome, the counts last. 1
/// when one failed, 2 when a file is not sound. Needs no principals file.
int test(std::span<const std::string> files, const Output& to);

}  // namespace sallyport::policy
