#pragma once

#include <span>
#include <string>

#include "policy/tools/report.h"

namespace sallyport::policy {

/// `sallyport policy test FILE…`: runs every [[test]] and prints its outcome, then the counts. 1 if
/// one failed, 2 if a file is invalid. Needs no principals file.
int test(std::span<const std::string> files, const Output& to);

}  // namespace sallyport::policy
