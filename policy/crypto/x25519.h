#pragma once

#include <array>
#include <cstdint>

#include "wamp/base/random.h"

namespace sallyport::policy::crypto {

using X25519Key = std::array<std::uint8_t, 32>;

/// A key pair for the key agreement of RFC 7748, as the client authorization of onion services uses
/// it.
struct X25519Pair {
    X25519Key private_key;
    X25519Key public_key;
};

X25519Key x25519_public_key(const X25519Key& private_key) noexcept;
X25519Pair make_x25519_pair(wamp::Random& random) noexcept;

}  // namespace sallyport::policy::crypto
