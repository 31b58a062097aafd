#pragma once

#include <string>
#include <string_view>

namespace sallyport::gateway {

/// Puts `text` in the place of a file, keeping its mode (`mode` for a new one): whoever reads it,
/// or a machine that loses its power, finds all of the old text or all of the new one. A link is
/// followed. Throws StartError and leaves the old text when it cannot.
void replace_file(const std::string& path, std::string_view text, unsigned mode = 0644);

}  // namespace sallyport::gateway
