#pragma once

#include <span>
#include <string>

#include "policy/tools/report.h"

namespace sallyport::policy {

/// `sallyport policy check FILE…`: one line for each sound file with what it holds, every error of
/// the others with its cure. Any backend name will do, as no gateway is at hand. 2 when a file is
/// not sound.
int check(std::span<const std::string> files, const Output& to);

}  // namespace sallyport::policy
