#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::wamp {

// Standard alphabet, padded (RFC 4648 section 4), as JSON's binary convention (W-SER-04) and WAMP
// authentication want it.

void append_base64(std::string& out, std::string_view bytes);
std::string to_base64(std::string_view bytes);
std::string to_base64(std::span<const std::uint8_t> bytes);

/// Appends what `text` stands for; false, with `out` unchanged, when a character, the padding or
/// the bits that the padding leaves over are not exactly what append_base64() would have written.
[[nodiscard]] bool append_from_base64(std::string& out, std::string_view text);
/// The same; nothing where that is false.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace sallyport::wamp
