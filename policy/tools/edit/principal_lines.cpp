#include "policy/tools/edit/principal_lines.h"

#include <algorithm>
#include <array>

#include "policy/auth/auth_decoy.h"
#include "policy/crypto/wampcra.h"
#include "policy/tools/edit/toml_text.h"
#include "wamp/base/base64.h"

namespace sallyport::policy {
namespace {

std::string drawn(wamp::Random& random, std::size_t bytes) {
    std::array<std::uint8_t, 64> block{};
    const auto part = std::span(block).first(bytes);
    random.fill(part);
    std::string out(bytes, '\0');
    std::transform(part.begin(), part.end(), out.begin(),
                   [](std::uint8_t byte) { return static_cast<char>(byte); });
    return out;
}

std::string cra_value(std::string_view secret, bool chosen, wamp::Random& random) {
    const std::string salt = crypto::to_hex(drawn(random, cra_salt_digits_default / 2));
    const std::uint32_t iterations = chosen ? cra_iterations_chosen : cra_iterations_drawn;
    return "{ key = " +
           toml_text(crypto::derive_cra_key(secret, salt, iterations, cra_key_bytes_default)) +
           ", salt = " + toml_text(salt) + ", iterations = " + std::to_string(iterations) +
           ", keylen = " + std::to_string(cra_key_bytes_default) + " }";
}

std::optional<std::string> scram_value(Method method, std::string_view secret,
                                       wamp::Random& random) {
    const auto dialect = dialect_of(method);
    const crypto::ScramCosts costs{crypto::Kdf::argon2id, drawn(random, scram_salt_bytes_default),
                                   scram_iterations_default, scram_memory_kib_default};
    const auto salted = crypto::salted_password(dialect, costs, secret);
    if (!salted) return std::nullopt;
    const crypto::ScramKeys keys = crypto::scram_keys(*salted);
    return "{ kdf = " + toml_text(to_string(costs.kdf, dialect)) +
           ", salt = " + toml_text(wamp::to_base64(std::string_view(costs.salt))) +
           ", iterations = " + std::to_string(costs.iterations) +
           ", memory = " + std::to_string(costs.memory_kib) +
           ", stored_key = " + toml_text(crypto::to_hex(keys.stored)) +
           ", server_key = " + toml_text(crypto::to_hex(keys.server)) + " }";
}

}  // namespace

std::optional<CredentialLines> credential_lines(const std::vector<Method>& methods,
                                                std::string_view secret, bool chosen,
                                                wamp::Random& random) {
    CredentialLines lines;
    for (const Method method : methods) {
        std::optional<std::string> value;
        switch (method) {
            case Method::anonymous:
            case Method::cryptosign:
                continue;
            case Method::ticket:
                value = toml_text(to_string(
                    crypto::hash_ticket(secret, chosen ? crypto::iterations_default : 0, random)));
                break;
            case Method::wampcra:
                value = cra_value(secret, chosen, random);
                break;
            case Method::wamp_scram:
            case Method::scram:
                value = scram_value(method, secret, random);
                break;
        }
        if (!value) return std::nullopt;
        lines.emplace_back(method, *std::move(value));
    }
    return lines;
}

}  // namespace sallyport::policy
