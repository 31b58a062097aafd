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

/// `iterations` is at least 1.
Digest pbkdf2_sha256(std::string_view secret, std::string_view salt,
                     std::uint32_t iterations) noexcept;

/// Takes the same time wherever the two differ.
bool equal(const Digest& a, const Digest& b) noexcept;

std::string to_hex(std::span<const std::uint8_t> bytes);
std::string to_hex(std::string_view bytes);
/// The bytes of an even number of hexadecimal digits of either case.
std::optional<std::string> from_hex(std::string_view digits);

std::string sha256_hex(std::string_view text);

}  // namespace sallyport::policy::crypto
