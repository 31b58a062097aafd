#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/crypto/hash.h"

namespace sallyport::policy::crypto {

/// Two protocols that differ in every detail and share no stored keys (W-AUT-S5): the
/// specification's method `wamp-scram`, and the method `scram` as Autobahn and Crossbar have it.
enum class ScramDialect : std::uint8_t { specification, autobahn };

enum class Kdf : std::uint8_t { argon2id, pbkdf2 };

/// As the dialect spells it on the wire: "argon2id13", "argon2id-13", "pbkdf2".
std::string_view to_string(Kdf kdf, ScramDialect dialect) noexcept;
std::optional<Kdf> parse_kdf(std::string_view name, ScramDialect dialect) noexcept;

/// What makes the salted password of a password: told to the client in CHALLENGE.
struct ScramCosts {
    Kdf kdf = Kdf::argon2id;
    std::string salt;  ///< bytes
    std::uint32_t iterations = 0;
    std::uint32_t memory_kib = 0;  ///< of argon2id

    bool operator==(const ScramCosts&) const = default;
};

inline constexpr std::size_t scram_salt_bytes_min = 8;
inline constexpr std::size_t scram_salt_bytes_max = 64;
inline constexpr std::uint32_t scram_pbkdf2_iterations_min = 4096;  ///< RFC 7677
inline constexpr std::uint32_t scram_pbkdf2_iterations_max = 10'000'000;
inline constexpr std::uint32_t scram_argon2_iterations_max = 65'536;
inline constexpr std::uint32_t scram_argon2_memory_kib_min = 8;
inline constexpr std::uint32_t scram_argon2_memory_kib_max = 1u << 20U;

/// What is stored: enough to check a proof, not enough to make one.
struct ScramKeys {
    Digest stored{};
    Digest server{};

    bool operator==(const ScramKeys&) const = default;
};

/// The HMAC key that the dialect makes of the password: the bytes of the hash, or their unpadded
/// base64 text. Nothing when the costs are out of range. `password` as SASLprep leaves it.
std::optional<std::string> salted_password(ScramDialect dialect, const ScramCosts& costs,
                                           std::string_view password);
ScramKeys scram_keys(std::string_view salted_password) noexcept;

/// What one exchange is about.
struct ScramExchange {
    std::string authid;
    std::string client_nonce;
    std::string nonce;            ///< the client's and ours, as in CHALLENGE
    std::string channel_binding;  ///< "" for none; else its type, of which `binding_bytes` are
    std::string binding_bytes;
};

/// AuthMessage (W-AUT-S2).
std::string auth_message(ScramDialect dialect, const ScramExchange& exchange,
                         const ScramCosts& costs);

/// Whether the bytes of a ClientProof come from somebody who knows the password (W-AUT-S3).
bool verify_proof(const ScramKeys& keys, std::string_view message, std::string_view proof) noexcept;
/// What proves to the client that we know its keys.
Digest server_signature(const ScramKeys& keys, std::string_view message) noexcept;
/// What a client answers; for tests and tools.
Digest client_proof(std::string_view salted_password, std::string_view message) noexcept;

}  // namespace sallyport::policy::crypto
