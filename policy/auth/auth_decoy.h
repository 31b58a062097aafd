#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/credentials.h"
#include "policy/crypto/hash.h"

namespace sallyport::policy {

/// Makes up credentials for authids that do not exist, so that an unknown client is challenged with
/// salts and costs like those of real principals, and always with the same ones for one authid
/// (W-AUT-S4). An authid keeps its shape when another shape of the realm is added or removed.
/// Immutable.
class Decoys {
public:
    /// Adds the shapes of a real principal's credentials; disabled principals count too.
    void learn(const Credentials& real);

    /// `key` is secret, and stays the same as long as decoys are to stay the same. No known secret
    /// or private key matches the keys in the result.
    Credentials make(const crypto::Digest& key, Method method, std::string_view authid) const;

private:
    struct CraShape {
        std::uint32_t iterations = 0;  ///< 0: unsalted
        std::uint32_t key_bytes = 0;
        std::size_t salt_bytes = 0;
        bool hex = true;  ///< the salt is written in hex

        bool operator==(const CraShape&) const = default;
    };
    struct ScramShape {
        crypto::Kdf kdf = crypto::Kdf::argon2id;
        std::uint32_t iterations = 0;
        std::uint32_t memory_kib = 0;
        std::size_t salt_bytes = 0;

        bool operator==(const ScramShape&) const = default;
    };
    static CraShape shape_of(const CraCredential& real);
    static ScramShape shape_of(const ScramCredential& real);
    static std::string name_of(const CraShape& shape);
    static std::string name_of(const ScramShape& shape);
    static CraCredential cra(const crypto::Digest& seed, const CraShape& shape);
    static ScramCredential scram(const crypto::Digest& seed, const ScramShape& shape);

    std::vector<CraShape> cra_;
    std::vector<ScramShape> wamp_scram_;
    std::vector<ScramShape> scram_;
};

/// What `sallyport principal add` uses for a generated secret. Decoys of a realm without examples
/// look the same.
inline constexpr std::uint32_t cra_iterations_drawn = 1000;
inline constexpr std::uint32_t cra_key_bytes_default = 32;
inline constexpr std::size_t cra_salt_digits_default = 32;
inline constexpr std::uint32_t scram_iterations_default = 3;
inline constexpr std::uint32_t scram_memory_kib_default = 16'384;
inline constexpr std::size_t scram_salt_bytes_default = 16;

}  // namespace sallyport::policy
