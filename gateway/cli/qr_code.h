#pragma once

#include <string>
#include <string_view>

namespace sallyport::gateway {

/// A QR code for a terminal, dark on light whatever the terminal's colours are: two modules in a
/// character. Throws std::runtime_error if the text is too long.
std::string qr_code(std::string_view text);

}  // namespace sallyport::gateway
