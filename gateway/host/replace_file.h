#pragma once

#include <string>
#include <string_view>

namespace sallyport::gateway {

/// Replaces a file with `text` and keeps its mode (`mode` for a new one). The change is atomic: a
/// reader, or a machine that loses power, sees all of the old text or all of the new one. Symbolic
/// links are followed. Throws StartError and keeps the old text if it fails.
void replace_file(const std::string& path, std::string_view text, unsigned mode = 0644);

}  // namespace sallyport::gateway
