#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/crypto/ed25519.h"
#include "policy/crypto/scram.h"
#include "policy/crypto/ticket_hash.h"
#include "policy/document/diagnostic.h"

namespace sallyport::policy {

inline constexpr std::size_t authid_bytes_max = 256;  ///< W-AUT-06
inline constexpr std::size_t public_keys_max = 16;    ///< of one principal
inline constexpr std::size_t cra_salt_bytes_max = 128;
inline constexpr std::size_t secret_bytes_max = 1024;  ///< of a password or ticket

/// The role of the gateway itself, on its links and when it calls the procedure of [auth.dynamic].
/// No client may have it.
inline constexpr std::string_view gateway_role = "gateway";

/// A login method, by its name in HELLO.authmethods.
enum class Method : std::uint8_t { anonymous, ticket, wampcra, wamp_scram, scram, cryptosign };

inline constexpr std::array<Method, 6> all_methods{Method::anonymous, Method::ticket,
                                                   Method::wampcra,   Method::wamp_scram,
                                                   Method::scram,     Method::cryptosign};

std::string_view to_string(Method method) noexcept;
std::optional<Method> parse_method(std::string_view name) noexcept;

/// Whether whoever does not have the secret can guess it: nobody guesses a key.
constexpr bool is_guessable(Method method) noexcept {
    return method == Method::ticket || method == Method::wampcra || method == Method::wamp_scram ||
           method == Method::scram;
}

/// A set of login methods.
class Methods {
public:
    constexpr void add(Method method) noexcept {
        bits_ = static_cast<std::uint8_t>(bits_ | bit(method));
    }
    constexpr void add(Methods others) noexcept {
        bits_ = static_cast<std::uint8_t>(bits_ | others.bits_);
    }
    constexpr bool has(Method method) const noexcept { return (bits_ & bit(method)) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    constexpr bool operator==(const Methods&) const noexcept = default;

private:
    static constexpr std::uint8_t bit(Method method) noexcept {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(method));
    }
    std::uint8_t bits_ = 0;
};

/// For WAMP-CRA. The key can sign, so anyone who can read it can log in (W-AUT-W2).
struct CraCredential {
    std::string key;   ///< the secret itself, or the key derived from it with the salt
    std::string salt;  ///< text; "" if the secret is not salted
    std::uint32_t iterations = 0;
    std::uint32_t key_bytes = 0;

    bool operator==(const CraCredential&) const = default;
};

/// For SCRAM. The keys check a proof, but cannot create one (W-AUT-S3).
struct ScramCredential {
    crypto::ScramCosts costs;
    crypto::ScramKeys keys;

    bool operator==(const ScramCredential&) const = default;
};

/// One principal: its role and its credential for each method that it may use.
struct Credentials {
    std::string authid;
    std::string role;
    bool disabled = false;
    std::optional<crypto::TicketHash> ticket;
    std::optional<CraCredential> wampcra;
    std::optional<ScramCredential> wamp_scram;
    std::optional<ScramCredential> scram;
    std::vector<crypto::PublicKey> cryptosign;
    Place place;

    Methods methods() const noexcept;
    /// The credential of `method`, one of the two SCRAM methods.
    const ScramCredential* scram_of(Method method) const noexcept;
};

crypto::ScramDialect dialect_of(Method method) noexcept;  ///< for wamp_scram and scram only

}  // namespace sallyport::policy
