#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace sallyport::policy {

/// `sallyport policy test FILE…`: puts every [[test]] and tells its outcome on `out`, the counts
/// last. 1 when one failed, 2 when a file is not sound (its errors are on `err`). Needs no
/// principals file.
int test(std::span<const std::string> files, std::ostream& out, std::ostream& err);

}  // namespace sallyport::policy
