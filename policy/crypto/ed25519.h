#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wamp/base/random.h"

namespace sallyport::policy::crypto {

using PublicKey = std::array<std::uint8_t, 32>;
using SigningSeed = std::array<std::uint8_t, 32>;  ///< the seed of a private key (RFC 8032)
using Signature = std::array<std::uint8_t, 64>;

/// 64 hexadecimal digits of either case. Use is_trustworthy() to check the key itself.
std::optional<PublicKey> parse_public_key(std::string_view hex);
/// One line of OpenSSH: "ssh-ed25519 AAAA… comment".
std::optional<PublicKey> parse_openssh_key(std::string_view line);

/// False for non-canonical encodings and points of small order, for which anybody can forge
/// signatures (W-AUT-C4). Half of all other byte strings do not encode a point, and no
/// signature verifies with them.
bool is_trustworthy(const PublicKey& key) noexcept;

/// Whether `signature` is a signature of `message` by the key: the key is trustworthy and S is
/// below the group order (W-AUT-C4). Takes the same time for every trustworthy key.
bool verify(const PublicKey& key, std::string_view message, const Signature& signature) noexcept;

SigningSeed make_seed(wamp::Random& random);
PublicKey public_key_of(const SigningSeed& seed) noexcept;
Signature sign(const SigningSeed& seed, std::string_view message) noexcept;

}  // namespace sallyport::policy::crypto
