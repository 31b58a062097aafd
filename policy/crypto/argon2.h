#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/crypto/hash.h"

namespace sallyport::policy::crypto {

inline constexpr std::size_t argon2_salt_bytes_min = 8;

/// Argon2id version 1.3 with one lane and 32 bytes of output, as WAMP-SCRAM has it (W-AUT-S2).
/// Slow and hungry by purpose: for the tools that make credentials; whoever checks a SCRAM proof
/// needs none of it. Nothing when the salt is too short, a cost is out of range, or memory lacks.
std::optional<Digest> argon2id(std::string_view secret, std::string_view salt,
                               std::uint32_t iterations, std::uint32_t memory_kib) noexcept;

}  // namespace sallyport::policy::crypto
