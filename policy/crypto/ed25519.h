#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wamp/base/random.h"

namespace sallyport::policy::crypto {

using PublicKey = std::array<std::uint8_t, 32>;
using SigningSeed = std::array<std::uint8_t, 32>;  ///< of which the private key is made (RFC 8032)
using Signature = std::array<std::uint8_t, 64>;

/// 64 hexadecimal digits of either case; whether it is a key to trust is for is_trustworthy().
std::optional<PublicKey> parse_public_key(std::string_view hex);
/// One line of OpenSSH: "ssh-ed25519 AAAA… comment".
std::optional<PublicKey> parse_openssh_key(std::string_view line);

/// False for what is not canonical and for the points of small order, under which anybody can sign
/// anything (W-AUT-C4). Half of all other texts belong to no point; nothing is ever signed by
/// those.
bool is_trustworthy(const PublicKey& key) noexcept;

/// Whether `signature` is the key's over `message`: of a trustworthy key, with S below the group's
/// order (W-AUT-C4). Costs the same for every trustworthy key.
bool verify(const PublicKey& key, std::string_view message, const Signature& signature) noexcept;

SigningSeed make_seed(wamp::Random& random);
PublicKey public_key_of(const SigningSeed& seed) noexcept;
Signature sign(const SigningSeed& seed, std::string_view message) noexcept;

}  // namespace sallyport::policy::crypto
