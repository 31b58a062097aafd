#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/crypto/hash.h"

namespace sallyport::policy::crypto {

/// Two protocols that differ in every detail and share no stored keys (W-AUT-S5): the method
/// `wamp-scram` of the specification, and the method `scram` of Autobahn and Crossbar.
enum class ScramDialect : std::uint8_t { specification, autobahn };

enum class Kdf : std::uint8_t { argon2id, pbkdf2 };

/// The name that the dialect uses on the wire: "argon2id13", "argon2id-13", "pbkdf2".
std::string_view to_string(Kdf kdf, ScramDialect dialect) noexcept;
std::optional<Kdf> parse_kdf(std::string_view name, ScramDialect dialect) noexcept;

/// The parameters that turn a password into the salted password; sent to the client in CHALLENGE.
struct ScramCosts {
    Kdf kdf = Kdf::argon2id;
    std::string salt;  ///< bytes
    std::uint32_t iterations = 0;
    std::uint32_t memory_kib = 0;  ///< for argon2id

    bool operator==(const ScramCosts&) const = default;
};

inline constexpr std::size_t scram_salt_bytes_min = 8;
inline constexpr std::size_t scram_salt_bytes_max = 64;
inline constexpr std::uint32_t scram_pbkdf2_iterations_min = 4096;  ///< RFC 7677
inline constexpr std::uint32_t scram_pbkdf2_iterations_max = 10'000'000;
inline constexpr std::uint32_t scram_argon2_iterations_max = 65'536;
inline constexpr std::uint32_t scram_argon2_memory_kib_min = 8;
inline constexpr std::uint32_t scram_argon2_memory_kib_max = 1u << 20U;

/// The stored keys: enough to check a proof, not enough to create one.
struct ScramKeys {
    Digest stored{};
    Digest server{};

    bool operator==(const ScramKeys&) const = default;
};

/// The HMAC key that the dialect derives from the password: the bytes of the hash, or their
/// unpadded base64 text. Nothing if a cost is out of range. `password` must already be normalized
/// by SASLprep.
std::optional<std::string> salted_password(ScramDialect dialect, const ScramCosts& costs,
                                           std::string_view password);
ScramKeys scram_keys(std::string_view salted_password) noexcept;

/// The values of one exchange.
struct ScramExchange {
    std::string authid;
    std::string client_nonce;
    std::string nonce;            ///< of client and server, as in CHALLENGE
    std::string channel_binding;  ///< "" for none; else its type, and `binding_bytes` its data
    std::string binding_bytes;
};

/// AuthMessage (W-AUT-S2).
std::string auth_message(ScramDialect dialect, const ScramExchange& exchange,
                         const ScramCosts& costs);

/// Whether the bytes of a ClientProof were made with the password (W-AUT-S3).
bool verify_proof(const ScramKeys& keys, std::string_view message, std::string_view proof) noexcept;
/// Proves to the client that the server has its keys.
Digest server_signature(const ScramKeys& keys, std::string_view message) noexcept;
/// The proof that a client sends; for tests and tools.
Digest client_proof(std::string_view salted_password, std::string_view message) noexcept;

}  // namespace sallyport::policy::crypto
