#include "policy/crypto/argon2.h"

#include <argon2.h>

namespace sallyport::policy::crypto {

std::optional<Digest> argon2id(std::string_view secret, std::string_view salt,
                               std::uint32_t iterations, std::uint32_t memory_kib) noexcept {
    static_assert(ARGON2_VERSION_NUMBER == ARGON2_VERSION_13);
    static_assert(argon2_salt_bytes_min == ARGON2_MIN_SALT_LENGTH);
    constexpr std::uint32_t lanes = 1;
    Digest digest{};
    const int failure =
        argon2id_hash_raw(iterations, memory_kib, lanes, secret.data(), secret.size(), salt.data(),
                          salt.size(), digest.data(), digest.size());
    if (failure != ARGON2_OK) return std::nullopt;
    return digest;
}

}  // namespace sallyport::policy::crypto
