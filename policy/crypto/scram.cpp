#include "policy/crypto/scram.h"

#include <algorithm>

#include "policy/crypto/argon2.h"
#include "wamp/base/base64.h"

namespace sallyport::policy::crypto {
namespace {

constexpr std::string_view argon2id_name = "argon2id13";
constexpr std::string_view argon2id_autobahn_name = "argon2id-13";
constexpr std::string_view pbkdf2_name = "pbkdf2";

bool in_range(std::uint32_t value, std::uint32_t least, std::uint32_t most) noexcept {
    return value >= least && value <= most;
}

Digest exclusive_or(const Digest& a, const Digest& b) noexcept {
    Digest out{};
    std::transform(a.begin(), a.end(), b.begin(), out.begin(),
                   [](std::uint8_t x, std::uint8_t y) { return static_cast<std::uint8_t>(x ^ y); });
    return out;
}

// "," and "=" separate the attributes of a SCRAM message (RFC 5802 section 5.1).
std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c == ',') {
            out += "=2C";
        } else if (c == '=') {
            out += "=3D";
        } else {
            out += c;
        }
    }
    return out;
}

std::string binding_attribute(const ScramExchange& exchange) {
    const std::string flag =
        exchange.channel_binding.empty() ? "n" : "p=" + exchange.channel_binding;
    return wamp::to_base64(std::string_view(flag + ",," + exchange.binding_bytes));
}

}  // namespace

std::string_view to_string(Kdf kdf, ScramDialect dialect) noexcept {
    switch (kdf) {
        case Kdf::argon2id:
            return dialect == ScramDialect::specification ? argon2id_name : argon2id_autobahn_name;
        case Kdf::pbkdf2:
            return pbkdf2_name;
    }
    return {};
}

std::optional<Kdf> parse_kdf(std::string_view name, ScramDialect dialect) noexcept {
    for (const Kdf kdf : {Kdf::argon2id, Kdf::pbkdf2}) {
        if (name == to_string(kdf, dialect)) return kdf;
    }
    return std::nullopt;
}

std::optional<std::string> salted_password(ScramDialect dialect, const ScramCosts& costs,
                                           std::string_view password) {
    if (costs.salt.size() < scram_salt_bytes_min || costs.salt.size() > scram_salt_bytes_max)
        return std::nullopt;
    Digest hash{};
    switch (costs.kdf) {
        case Kdf::argon2id: {
            if (!in_range(costs.iterations, 1, scram_argon2_iterations_max) ||
                !in_range(costs.memory_kib, scram_argon2_memory_kib_min,
                          scram_argon2_memory_kib_max)) {
                return std::nullopt;
            }
            const auto made = argon2id(password, costs.salt, costs.iterations, costs.memory_kib);
            if (!made) return std::nullopt;
            hash = *made;
            break;
        }
        case Kdf::pbkdf2:
            if (!in_range(costs.iterations, scram_pbkdf2_iterations_min,
                          scram_pbkdf2_iterations_max)) {
                return std::nullopt;
            }
            hash = pbkdf2_sha256(password, costs.salt, costs.iterations);
            break;
    }
    if (dialect == ScramDialect::specification) return std::string(as_text(hash));
    std::string text = wamp::to_base64(hash);
    while (text.ends_with('=')) text.pop_back();
    return text;
}

ScramKeys scram_keys(std::string_view salted_password) noexcept {
    const Digest client_key = hmac_sha256(salted_password, "Client Key");
    return {sha256(as_text(client_key)), hmac_sha256(salted_password, "Server Key")};
}

std::string auth_message(ScramDialect dialect, const ScramExchange& exchange,
                         const ScramCosts& costs) {
    const bool plain = dialect == ScramDialect::autobahn;  // does not escape names or bind channels
    std::string message = "n=" + (plain ? exchange.authid : escaped(exchange.authid));
    message += ",r=" + exchange.client_nonce;
    message += ",r=" + exchange.nonce;
    message += ",s=" + wamp::to_base64(std::string_view(costs.salt));
    message += ",i=" + std::to_string(costs.iterations);
    message += ",c=" + (plain ? std::string() : binding_attribute(exchange));
    message += ",r=" + exchange.nonce;
    return message;
}

bool verify_proof(const ScramKeys& keys, std::string_view message,
                  std::string_view proof) noexcept {
    Digest given{};
    const bool fits = proof.size() == given.size();
    if (fits) {
        std::transform(proof.begin(), proof.end(), given.begin(),
                       [](char c) { return static_cast<std::uint8_t>(c); });
    }
    const Digest client_key = exclusive_or(given, hmac_sha256(as_text(keys.stored), message));
    return equal(sha256(as_text(client_key)), keys.stored) && fits;
}

Digest server_signature(const ScramKeys& keys, std::string_view message) noexcept {
    return hmac_sha256(as_text(keys.server), message);
}

Digest client_proof(std::string_view salted_password, std::string_view message) noexcept {
    const Digest client_key = hmac_sha256(salted_password, "Client Key");
    const Digest stored = sha256(as_text(client_key));
    return exclusive_or(client_key, hmac_sha256(as_text(stored), message));
}

}  // namespace sallyport::policy::crypto
