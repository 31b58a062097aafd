#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "policy/auth/auth_decoy.h"
#include "policy/auth/authenticator.h"
#include "policy/auth/join_terms.h"
#include "policy/crypto/ed25519.h"
#include "policy/crypto/scram.h"
#include "policy/crypto/wampcra.h"
#include "wamp/base/base64.h"
#include "wamp/message/uris.h"

/// Principals with every kind of credential, and the client's half of every method.
namespace sallyport::policy::logins {

inline const std::string secret = "the secret that is right";
inline constexpr crypto::SigningSeed seed{1, 2, 3};

inline wamp::Hello hello(wamp::List methods, std::string authid, wamp::Dict extra = {}) {
    wamp::Hello message{"r", {}};
    if (!methods.empty()) message.details.set("authmethods", std::move(methods));
    if (!authid.empty()) message.details.set("authid", std::move(authid));
    if (!extra.empty()) message.details.set("authextra", std::move(extra));
    return message;
}

inline ScramCredential scram_credential(Method method, std::string_view password,
                                        std::string salt = "0123456789abcdef") {
    const crypto::ScramCosts costs{crypto::Kdf::argon2id, std::move(salt), 1, 64};
    const auto salted = crypto::salted_password(dialect_of(method), costs, password);
    EXPECT_TRUE(salted.has_value());
    return {costs, crypto::scram_keys(*salted)};
}

inline CraCredential cra_credential(std::string_view password, std::string salt = "aabbccdd") {
    return {crypto::derive_cra_key(password, salt, 100, 32), salt, 100, 32};
}

/// One who may use every method, always with `secret`.
inline Credentials everything(std::string authid, std::string role) {
    wamp::Random random({9});
    Credentials out;
    out.authid = std::move(authid);
    out.role = std::move(role);
    out.ticket = crypto::hash_ticket(secret, 0, random);
    out.wampcra = cra_credential(secret, crypto::sha256_hex(out.authid).substr(0, 8));
    out.wamp_scram = scram_credential(Method::wamp_scram, secret, out.authid + "0123456789");
    out.scram = scram_credential(Method::scram, secret, out.authid + "0123456789");
    crypto::SigningSeed own = seed;
    own[31] = static_cast<std::uint8_t>(out.authid.size());
    out.cryptosign = {crypto::public_key_of(seed), crypto::public_key_of(own)};
    return out;
}

/// What a client of that method puts into HELLO.
inline wamp::Dict extra_for(Method method, const crypto::SigningSeed& own = seed) {
    if (method == Method::cryptosign) {
        return {{"pubkey", crypto::to_hex(crypto::public_key_of(own))},
                {"channel_binding", nullptr},
                {"trustroot", nullptr},
                {"challenge", nullptr}};
    }
    if (method == Method::wamp_scram || method == Method::scram)
        return {{"nonce", wamp::to_base64(std::string_view("client nonce 16b"))}};
    return {};
}

/// What a client with that secret answers.
inline wamp::Authenticate answer_to(Method method, const std::string& authid,
                                    const wamp::Dict& challenge, const std::string& password,
                                    const crypto::SigningSeed& own = seed) {
    if (method == Method::ticket) return {password, {}};
    if (method == Method::wampcra) {
        std::string key = password;
        if (challenge.find("salt") != nullptr) {
            key = crypto::derive_cra_key(
                password, challenge.get_string("salt"),
                static_cast<std::uint32_t>(challenge.get_uint("iterations", 0)),
                challenge.get_uint("keylen", 0));
        }
        return {crypto::sign_cra(key, challenge.get_string("challenge")), {}};
    }
    if (method == Method::cryptosign) {
        const std::string message = *crypto::from_hex(challenge.get_string("challenge"));
        return {crypto::to_hex(crypto::sign(own, message)) + crypto::to_hex(message), {}};
    }
    const auto dialect = dialect_of(method);
    crypto::ScramCosts costs;
    costs.kdf = *crypto::parse_kdf(challenge.get_string("kdf"), dialect);
    costs.salt = *wamp::from_base64(challenge.get_string("salt"));
    costs.iterations = static_cast<std::uint32_t>(challenge.get_uint("iterations", 0));
    costs.memory_kib = static_cast<std::uint32_t>(challenge.get_uint("memory", 0));
    const std::string nonce(challenge.get_string("nonce"));
    const std::string own_nonce(extra_for(method).get_string("nonce"));
    const std::string message =
        crypto::auth_message(dialect, {authid, own_nonce, nonce, "", ""}, costs);
    const auto salted = crypto::salted_password(dialect, costs, password);
    wamp::Authenticate out{wamp::to_base64(crypto::client_proof(*salted, message)), {}};
    if (method == Method::wamp_scram) {
        out.extra.set("nonce", nonce);
        out.extra.set("channel_binding", nullptr);
        out.extra.set("cbind_data", nullptr);
    }
    return out;
}

/// A place to try the terms of one realm and its authenticator from.
class Desk {
public:
    Desk(const AuthText& auth, const Principals& principals)
        : terms(JoinTerms::make(auth, Roster::of(principals, "principals"))),
          authenticator(Authenticator::make(auth, principals)) {}

    Authenticator::Arrival arrival() { return {4711, random, decoy_key}; }
    /// As a door does it.
    Authenticator::Step open(const wamp::Hello& message) {
        const auto method = terms->method_of(message);
        if (!method) return Authenticator::Refused{JoinTerms::refusal_of(message)};
        auto request = read_request(message, *method);
        if (const auto* const why = std::get_if<std::string_view>(&request))
            return Authenticator::Refused{wamp::uris::authentication_denied, *why};
        if (*method == Method::anonymous && !terms->asks_for(*method))
            return Authenticator::Admitted{
                {"anonymous-" + std::to_string(random.global_id()), terms->anonymous_role(),
                 std::string(to_string(*method))},
                {}};
        return authenticator->open(std::get<JoinRequest>(std::move(request)), arrival());
    }
    Authenticator::Step verify(Authenticator::Attempt&& attempt, const wamp::Authenticate& answer) {
        return authenticator->verify(std::move(attempt), read_proof(answer), arrival());
    }
    /// The whole way, in words: "authid/role/method", or the reason of the ABORT.
    std::string login(Method method, const std::string& authid, const std::string& password,
                      const crypto::SigningSeed& own = seed) {
        const std::string name(to_string(method));
        Authenticator::Step step = open(hello({name}, authid, extra_for(method, own)));
        if (auto* challenged = std::get_if<Authenticator::Challenged>(&step)) {
            EXPECT_EQ(challenged->method, name);
            const auto answer = answer_to(method, authid, challenged->extra, password, own);
            step = verify(std::move(challenged->attempt), answer);
        }
        if (auto* slow = std::get_if<Authenticator::DeferredCheck>(&step)) {
            const bool proven = slow->check();
            step = authenticator->conclude(std::move(*slow), proven);
        }
        return words(step);
    }
    static std::string words(const Authenticator::Step& step) {
        if (const auto* admitted = std::get_if<Authenticator::Admitted>(&step)) {
            const Principal& who = admitted->principal;
            return who.authid + "/" + who.role + "/" + who.method;
        }
        if (const auto* challenged = std::get_if<Authenticator::Challenged>(&step))
            return "challenge " + std::string(challenged->method);
        if (std::holds_alternative<Authenticator::CallAuthenticator>(step)) return "asked";
        if (std::holds_alternative<Authenticator::DeferredCheck>(step)) return "slow";
        return std::string(std::get<Authenticator::Refused>(step).reason);
    }
    static std::string why(const Authenticator::Step& step) {
        const auto* refused = std::get_if<Authenticator::Refused>(&step);
        return refused == nullptr ? "" : std::string(refused->why);
    }

    std::shared_ptr<const JoinTerms> terms;
    std::shared_ptr<const Authenticator> authenticator;
    wamp::Random random{wamp::Random::Seed{5}};
    crypto::Digest decoy_key{77};
};

inline const std::array<Method, 5> with_secrets{Method::ticket, Method::wampcra, Method::wamp_scram,
                                                Method::scram, Method::cryptosign};

}  // namespace sallyport::policy::logins
