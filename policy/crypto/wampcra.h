#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::policy::crypto {

/// Done by the client, not by the gateway.
inline constexpr std::uint32_t cra_iterations_max = 1'000'000;
inline constexpr std::size_t cra_key_bytes_min = 16;
inline constexpr std::size_t cra_key_bytes_max = 64;

/// The key of a salted secret is the base64 text of the PBKDF2 output. This text is stored, and it
/// signs (W-AUT-W2). An unsalted secret is its own key.
std::string derive_cra_key(std::string_view secret, std::string_view salt, std::uint32_t iterations,
                           std::size_t key_bytes);

/// The client's answer to the challenge: base64 of HMAC-SHA256 (W-AUT-W1).
std::string sign_cra(std::string_view key, std::string_view challenge);

}  // namespace sallyport::policy::crypto
