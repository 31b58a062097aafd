#pragma once

#include <functional>
#include <iosfwd>
#include <string>

namespace CLI {
class App;
}

namespace sallyport::gateway {

/// `sallyport link pair`: creates the key pair of this end if it does not exist, prints its pin and
/// the lines for the other end's configuration. Throws std::runtime_error with one line that names
/// the file.
int pair_link(const std::string& directory, std::ostream& out);

/// Adds `link pair`; parsing sets `action` if it was given.
void add_link_command(CLI::App& app, std::function<int()>& action);

}  // namespace sallyport::gateway
