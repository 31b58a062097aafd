#pragma once

#include <iosfwd>
#include <string>

#include "gateway/cli/arguments.h"

namespace sallyport::gateway {

/// `sallyport link pair`: creates the key pair of this end if it does not exist, prints its pin and
/// the lines for the other end's configuration. Throws std::runtime_error with one line that names
/// the file.
int pair_link(const std::string& directory, std::ostream& out);

/// Adds `link pair`.
void add_link_command(Command& program);

}  // namespace sallyport::gateway
