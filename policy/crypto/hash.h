#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::policy::crypto {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view first, std::string_view second = {}) noexcept;

Digest hmac_sha256(std::string_view key, std::string_view text) noexcept;

/// `iterations` is at least 1.
Digest pbkdf2_sha256(std::string_view secret, std::string_view salt,
                     std::uint32_t iterations) noexcept;
/// Derives a key of 1 to 64 bytes.
std::string pbkdf2_sha256(std::string_view secret, std::string_view salt, std::uint32_t iterations,
                          std::size_t bytes);

/// Takes the same time wherever the two differ.
bool equal(const Digest& a, const Digest& b) noexcept;
/// As above; texts of different lengths return at once, as the length is no secret.
bool equal(std::string_view a, std::string_view b) noexcept;

std::string_view as_text(const Digest& digest) noexcept;  ///< its bytes

std::string to_hex(std::span<const std::uint8_t> bytes);
std::string to_hex(std::string_view bytes);
/// Decodes an even number of hexadecimal digits of either case.
std::optional<std::string> from_hex(std::string_view digits);

std::string sha256_hex(std::string_view text);

}  // namespace sallyport::policy::crypto
