#pragma once

#include <span>
#include <string>

#include "policy/tools/report.h"

namespace sallyport::policy {

/// `sallyport policy check FILE…`: a summary line for each valid file, every error of the others
/// with its advice. Any backend name is accepted, as the gateway is not known. 2 if a file is
/// invalid.
int check(std::span<const std::string> files, const Output& to);

}  // namespace sallyport::policy
