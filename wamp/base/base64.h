#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::wamp {

// Standard alphabet, padded (RFC 4648 section 4), as JSON's binary convention (W-SER-04) and WAMP
// authentication require it.

void append_base64(std::string& out, std::string_view bytes);
std::string to_base64(std::string_view bytes);
std::string to_base64(std::span<const std::uint8_t> bytes);

/// Appends the decoded bytes; false, with `out` unchanged, if a character, the padding or the
/// unused bits are not exactly what append_base64() would write.
[[nodiscard]] bool append_from_base64(std::string& out, std::string_view text);
/// The same; nothing where that is false.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace sallyport::wamp
