#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace sallyport::policy {

/// `sallyport policy check FILE…`: one line for each sound file with what it holds on `out`, every
/// error of the others with its cure on `err`. Any backend name will do, as no gateway is at hand.
/// 2 when a file is not sound.
int check(std::span<const std::string> files, std::ostream& out, std::ostream& err);

}  // namespace sallyport::policy
