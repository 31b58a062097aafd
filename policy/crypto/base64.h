#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::policy::crypto {

/// Standard alphabet, padded (RFC 4648 section 4), as all WAMP authentication methods use it.
std::string to_base64(std::string_view bytes);
std::string to_base64(std::span<const std::uint8_t> bytes);
/// Decodes exactly that form. Each value has one text only: padding is required and unused bits
/// must be zero.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace sallyport::policy::crypto
