#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::policy::crypto {

inline constexpr std::uint32_t cra_iterations_max = 1'000'000;  ///< the client's work, not ours
inline constexpr std::size_t cra_key_bytes_min = 16;
inline constexpr std::size_t cra_key_bytes_max = 64;

/// The key of a salted secret: the base64 text of PBKDF2's bytes, and that text is what is stored
/// and what signs (W-AUT-W2). An unsalted secret is its own key.
std::string derive_cra_key(std::string_view secret, std::string_view salt, std::uint32_t iterations,
                           std::size_t key_bytes);

/// What the client answers to the challenge: base64 of HMAC-SHA256 (W-AUT-W1).
std::string sign_cra(std::string_view key, std::string_view challenge);

}  // namespace sallyport::policy::crypto
