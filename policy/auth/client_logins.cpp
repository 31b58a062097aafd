#include "policy/auth/client_logins.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "policy/crypto/ed25519.h"
#include "policy/crypto/scram.h"
#include "policy/crypto/wampcra.h"
#include "wamp/base/base64.h"

namespace sallyport::policy {

using wamp::Authenticate;
using wamp::Challenge;
using wamp::Dict;
using wamp::Welcome;

namespace {

/// Argon2 with more than this would take the whole memory of a small machine.
constexpr std::uint32_t memory_kib_max = 256u << 10;

class TicketLogin final : public wamp::ClientLogin {
public:
    explicit TicketLogin(std::string ticket) : ticket_(std::move(ticket)) {}
    std::string_view method() const noexcept override { return "ticket"; }
    Dict begin() override { return {}; }
    std::optional<Authenticate> answer(const Challenge&) override {
        return Authenticate{ticket_, {}};
    }
    bool accepts(const Welcome&) const override { return true; }

private:
    std::string ticket_;
};

class CraLogin final : public wamp::ClientLogin {
public:
    explicit CraLogin(std::string secret) : secret_(std::move(secret)) {}
    std::string_view method() const noexcept override { return "wampcra"; }
    Dict begin() override { return {}; }
    std::optional<Authenticate> answer(const Challenge& challenge) override {
        const auto text = challenge.extra.get_string("challenge");
        if (text.empty()) return std::nullopt;
        std::string key = secret_;
        if (const auto salt = challenge.extra.get_string("salt"); !salt.empty()) {
            const std::uint64_t iterations = challenge.extra.get_uint("iterations", 1000);
            const std::uint64_t bytes = challenge.extra.get_uint("keylen", 32);
            if (iterations < 1 || iterations > crypto::cra_iterations_max ||
                bytes < crypto::cra_key_bytes_min || bytes > crypto::cra_key_bytes_max)
                return std::nullopt;
            key = crypto::derive_cra_key(secret_, salt, static_cast<std::uint32_t>(iterations),
                                         static_cast<std::size_t>(bytes));
        }
        return Authenticate{crypto::sign_cra(key, text), {}};
    }
    bool accepts(const Welcome&) const override { return true; }

private:
    std::string secret_;
};

class ScramLogin final : public wamp::ClientLogin {
public:
    ScramLogin(crypto::ScramDialect dialect, std::string authid, std::string password,
               wamp::Random random)
        : dialect_(dialect),
          authid_(std::move(authid)),
          password_(std::move(password)),
          random_(random) {}
    std::string_view method() const noexcept override {
        return specified() ? "wamp-scram" : "scram";
    }
    Dict begin() override {
        std::array<std::uint8_t, 16> nonce{};
        random_.fill(nonce);
        nonce_ = wamp::to_base64(nonce);
        due_.clear();
        Dict extra{{"nonce", nonce_}};
        if (specified()) extra.append("channel_binding", wamp::Value());
        return extra;
    }
    std::optional<Authenticate> answer(const Challenge& challenge) override {
        const auto costs = costs_in(challenge.extra);
        const auto nonce = challenge.extra.get_string("nonce");
        // The server's nonce must go on from ours, so that nobody's earlier exchange fits.
        if (!costs || !goes_on(nonce)) return std::nullopt;
        const auto salted = crypto::salted_password(dialect_, *costs, password_);
        if (!salted) return std::nullopt;
        const std::string message =
            crypto::auth_message(dialect_, {authid_, nonce_, std::string(nonce), "", ""}, *costs);
        due_ = wamp::to_base64(crypto::server_signature(crypto::scram_keys(*salted), message));
        Dict extra;
        if (specified()) {
            extra.append("nonce", nonce);
            extra.append("channel_binding", wamp::Value());
            extra.append("cbind_data", wamp::Value());
        }
        return Authenticate{wamp::to_base64(crypto::client_proof(*salted, message)),
                            std::move(extra)};
    }
    bool accepts(const Welcome& welcome) const override {
        const Dict* const extra = welcome.details.get_dict("authextra");
        return !due_.empty() && extra != nullptr &&
               extra->get_string(specified() ? "verifier" : "scram_server_signature") == due_;
    }

private:
    bool specified() const noexcept { return dialect_ == crypto::ScramDialect::specification; }
    bool goes_on(std::string_view nonce) const {
        if (specified()) return nonce.size() > nonce_.size() && nonce.starts_with(nonce_);
        const auto all = wamp::from_base64(nonce);
        const auto own = wamp::from_base64(nonce_);
        return all && own && all->size() > own->size() && all->starts_with(*own);
    }
    std::optional<crypto::ScramCosts> costs_in(const Dict& extra) const {
        const auto kdf = crypto::parse_kdf(extra.get_string("kdf"), dialect_);
        const auto salt = wamp::from_base64(extra.get_string("salt"));
        const std::uint64_t iterations = extra.get_uint("iterations", 0);
        const std::uint64_t memory = extra.get_uint("memory", 0);
        if (!kdf || !salt || iterations > crypto::scram_pbkdf2_iterations_max ||
            memory > memory_kib_max)
            return std::nullopt;
        return crypto::ScramCosts{*kdf, *salt, static_cast<std::uint32_t>(iterations),
                                  static_cast<std::uint32_t>(memory)};
    }

    crypto::ScramDialect dialect_;
    std::string authid_;
    std::string password_;
    wamp::Random random_;
    std::string nonce_;
    std::string due_;  ///< what proves that the router knows the password
};

class CryptosignLogin final : public wamp::ClientLogin {
public:
    explicit CryptosignLogin(const crypto::SigningSeed& seed) : seed_(seed) {}
    std::string_view method() const noexcept override { return "cryptosign"; }
    Dict begin() override {
        return {{"pubkey", crypto::to_hex(crypto::public_key_of(seed_))},
                {"channel_binding", wamp::Value()}};
    }
    std::optional<Authenticate> answer(const Challenge& challenge) override {
        const auto bytes = crypto::from_hex(challenge.extra.get_string("challenge"));
        constexpr std::size_t challenge_bytes = 32;
        if (!bytes || bytes->size() != challenge_bytes) return std::nullopt;
        return Authenticate{crypto::to_hex(crypto::sign(seed_, *bytes)) + crypto::to_hex(*bytes),
                            {}};
    }
    bool accepts(const Welcome&) const override { return true; }

private:
    crypto::SigningSeed seed_;
};

}  // namespace

wamp::Result<std::shared_ptr<wamp::ClientLogin>, std::string> make_client_login(
    std::string_view method, std::string authid, std::string secret, wamp::Random random) {
    using Login = std::shared_ptr<wamp::ClientLogin>;
    if (method == "ticket") return Login(std::make_shared<TicketLogin>(std::move(secret)));
    if (method == "wampcra") return Login(std::make_shared<CraLogin>(std::move(secret)));
    if (method == "scram" || method == "wamp-scram") {
        const auto dialect = method == "scram" ? crypto::ScramDialect::autobahn
                                               : crypto::ScramDialect::specification;
        return Login(
            std::make_shared<ScramLogin>(dialect, std::move(authid), std::move(secret), random));
    }
    if (method != "cryptosign") return "\"" + std::string(method) + "\" is not a method";
    const auto bytes = crypto::from_hex(secret);
    crypto::SigningSeed seed{};
    if (!bytes || bytes->size() != seed.size())
        return std::string("it is not the 64 hexadecimal digits of an Ed25519 key");
    std::transform(bytes->begin(), bytes->end(), seed.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    return Login(std::make_shared<CryptosignLogin>(seed));
}

}  // namespace sallyport::policy
