#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::policy::crypto {

/// Standard alphabet, padded (RFC 4648 section 4), as all WAMP authentication writes it.
std::string to_base64(std::string_view bytes);
std::string to_base64(std::span<const std::uint8_t> bytes);
/// The bytes of a text in exactly that form: one text for each value, so nothing may stand in for
/// padding, and what does not fill a byte is zero.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace sallyport::policy::crypto
