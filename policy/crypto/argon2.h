#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/crypto/hash.h"

namespace sallyport::policy::crypto {

inline constexpr std::size_t argon2_salt_bytes_min = 8;

/// Argon2id version 1.3 with one lane and 32 bytes of output, as WAMP-SCRAM specifies (W-AUT-S2).
/// Slow and memory-hard by design: only for the tools that create credentials; checking a SCRAM
/// proof does not need it. Nothing if the salt is too short, a cost is out of range, or memory is
/// exhausted.
std::optional<Digest> argon2id(std::string_view secret, std::string_view salt,
                               std::uint32_t iterations, std::uint32_t memory_kib) noexcept;

}  // namespace sallyport::policy::crypto
