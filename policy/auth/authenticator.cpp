#include "policy/auth/authenticator.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/auth/join_terms.h"
#include "policy/crypto/wampcra.h"
#include "wamp/base/base64.h"
#include "wamp/base/check.h"
#include "wamp/codec/codec.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

constexpr Authenticator::Refused denied(std::string_view why) {
    return {wamp::uris::authentication_denied, why};
}

/// WAMP-CRA requires a timestamp, and the host's time must not be revealed (architecture: Promises
/// 4).
constexpr std::string_view no_time = "1970-01-01T00:00:00.000Z";

constexpr std::size_t nonce_bytes = 16;

std::string drawn(wamp::Random& random, std::size_t bytes) {
    std::string out(bytes, '\0');
    std::array<std::uint8_t, 64> block{};
    const auto part = std::span(block).first(bytes);
    random.fill(part);
    std::transform(part.begin(), part.end(), out.begin(),
                   [](std::uint8_t byte) { return static_cast<char>(byte); });
    return out;
}

/// The 64 bytes of an Ed25519 signature and the 32 bytes of its message (W-AUT-C3).
struct Signed {
    crypto::Signature signature{};
    std::string message;
};

std::optional<Signed> read_signed(std::string_view hex) {
    constexpr std::size_t all = std::tuple_size_v<crypto::Signature> + 32;
    if (hex.size() != all * 2) return std::nullopt;
    const auto bytes = crypto::from_hex(hex);
    if (!bytes) return std::nullopt;
    Signed out;
    std::transform(bytes->begin(), bytes->begin() + 64, out.signature.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    out.message = bytes->substr(64);
    return out;
}

}  // namespace

std::shared_ptr<const Authenticator> Authenticator::make(const AuthText& auth,
                                                         const Principals& principals) {
    auto made = std::make_shared<Authenticator>();
    if (auth.dynamic) made->asked_for_ = auth.dynamic->methods;
    made->decoy_key_ = principals.decoy_key;
    made->router_key_ = principals.router_key;
    Methods known;
    for (const Credentials& principal : principals.list) {
        // Disabled principals count for everything that an unknown client can observe.
        known.add(principal.methods());
        made->decoys_.learn(principal);
        if (principal.ticket)
            made->iterations_ = std::max(made->iterations_, principal.ticket->iterations);
        made->principals_.emplace(principal.authid, std::make_shared<Credentials>(principal));
        for (const auto& key : principal.cryptosign) made->owners_[key].push_back(principal.authid);
    }
    made->offered_ = offered_methods(auth, known);
    return made;
}

Authenticator::Step Authenticator::open(JoinRequest&& request, const Arrival& arrival) const {
    Attempt attempt;
    static_cast<JoinRequest&>(attempt) = std::move(request);
    if (!offers(attempt.method)) return denied("the method is no longer offered");
    if (attempt.method == Method::ticket)
        return Challenged{to_string(attempt.method), {}, std::move(attempt)};
    if (asks_for(attempt.method)) return ask(std::move(attempt));
    return challenge(std::move(attempt), arrival);
}

// The procedure ---------------------------------------------------------------------------------

bool Authenticator::is_in_file(const Attempt& attempt) const {
    return attempt.authid.empty() ? owners_.contains(attempt.key)
                                  : principals_.contains(attempt.authid);
}

// The procedure is also called for principals of the file, so that timing does not reveal who is in
// it. It never sees their secrets, and its answer about them is dropped.
Authenticator::Step Authenticator::ask(Attempt&& attempt) const {
    const bool hide_ticket = attempt.method == Method::ticket && is_in_file(attempt);
    return CallAuthenticator{hide_ticket, std::move(attempt)};
}

Authenticator::Step Authenticator::resume(Attempt&& attempt,
                                          std::shared_ptr<const Credentials> found,
                                          const Arrival& arrival) const {
    const bool secret = attempt.method != Method::ticket && attempt.method != Method::anonymous;
    auto who = is_in_file(attempt) ? nullptr : std::move(found);
    if (who != nullptr && secret && !who->methods().has(attempt.method)) who = nullptr;
    // The procedure must not name a principal of the file either.
    if (who != nullptr && principals_.contains(who->authid)) who = nullptr;
    if (!secret) {
        if (attempt.proven) {
            const auto real = usable(attempt);
            if (real != nullptr) return admit(attempt, *real);
        }
        if (who == nullptr) return denial(attempt, "the procedure rejected the client");
        attempt.dynamic = std::move(who);
        return admit(attempt, *attempt.dynamic);
    }
    attempt.dynamic = std::move(who);
    return challenge(std::move(attempt), arrival);
}

// Challenges ------------------------------------------------------------------------------------

std::shared_ptr<const Credentials> Authenticator::find(const Attempt& attempt) const {
    if (attempt.dynamic != nullptr) return attempt.dynamic;
    std::string_view authid = attempt.authid;
    if (authid.empty()) {  // a key of exactly one principal identifies it (W-AUT-C1)
        const auto owners = owners_.find(attempt.key);
        if (owners == owners_.end() || owners->second.size() != 1) return nullptr;
        authid = owners->second.front();
    }
    const auto found = principals_.find(authid);
    return found == principals_.end() ? nullptr : found->second;
}

std::shared_ptr<const Credentials> Authenticator::usable(const Attempt& attempt) const {
    auto found = find(attempt);
    if (found == nullptr || found->disabled) return nullptr;
    if (attempt.dynamic == nullptr && !found->methods().has(attempt.method)) return nullptr;
    return found;
}

Authenticator::Subject Authenticator::subject(const Attempt& attempt,
                                              const Arrival& arrival) const {
    return {usable(attempt),
            decoys_.make(decoy_key_.value_or(arrival.decoy_key), attempt.method, attempt.authid)};
}

Authenticator::Step Authenticator::challenge(Attempt&& attempt, const Arrival& arrival) const {
    switch (attempt.method) {
        case Method::wampcra:
            return challenge_cra(std::move(attempt), arrival);
        case Method::wamp_scram:
        case Method::scram:
            return challenge_scram(std::move(attempt), arrival);
        case Method::cryptosign:
            return challenge_cryptosign(std::move(attempt), arrival);
        case Method::anonymous:
        case Method::ticket:
            break;
    }
    return denied("no challenge for this method");
}

Authenticator::Step Authenticator::challenge_cra(Attempt&& attempt, const Arrival& arrival) const {
    const Subject who = subject(attempt, arrival);
    const std::optional<CraCredential>& credential = who.shown().wampcra;
    SALLYPORT_CHECK(credential.has_value());
    // The role is not sent before the answer, as it would reveal which roles exist (W-AUT-W1).
    attempt.expected = wamp::encode_value(
        wamp::Serializer::json,
        wamp::Dict{{"authid", attempt.authid},
                   {"authrole", ""},
                   {"authmethod", to_string(attempt.method)},
                   {"authprovider", "static"},
                   {"nonce", wamp::to_base64(std::string_view(drawn(arrival.random, 32)))},
                   {"timestamp", no_time},
                   {"session", arrival.session}});
    wamp::Dict extra{{"challenge", attempt.expected}};
    if (!credential->salt.empty()) {
        extra.set("salt", credential->salt);
        extra.set("iterations", std::uint64_t{credential->iterations});
        extra.set("keylen", std::uint64_t{credential->key_bytes});
    }
    return Challenged{to_string(attempt.method), std::move(extra), std::move(attempt)};
}

Authenticator::Step Authenticator::challenge_scram(Attempt&& attempt,
                                                   const Arrival& arrival) const {
    const Subject who = subject(attempt, arrival);
    const auto dialect = dialect_of(attempt.method);
    const std::string ours = drawn(arrival.random, nonce_bytes);
    attempt.costs = who.shown().scram_of(attempt.method)->costs;
    // The specification concatenates the base64 texts of the nonces, Crossbar their bytes
    // (W-AUT-S1, W-AUT-S5).
    attempt.expected = dialect == crypto::ScramDialect::specification
                           ? attempt.client_nonce + wamp::to_base64(std::string_view(ours))
                           : wamp::to_base64(std::string_view(
                                 wamp::from_base64(attempt.client_nonce).value_or("") + ours));
    wamp::Dict extra{{"nonce", attempt.expected},
                     {"salt", wamp::to_base64(std::string_view(attempt.costs.salt))},
                     {"kdf", to_string(attempt.costs.kdf, dialect)},
                     {"iterations", std::uint64_t{attempt.costs.iterations}}};
    if (attempt.costs.kdf == crypto::Kdf::argon2id)
        extra.set("memory", std::uint64_t{attempt.costs.memory_kib});
    return Challenged{to_string(attempt.method), std::move(extra), std::move(attempt)};
}

Authenticator::Step Authenticator::challenge_cryptosign(Attempt&& attempt,
                                                        const Arrival& arrival) const {
    attempt.expected = drawn(arrival.random, 32);
    wamp::Dict extra{{"challenge", crypto::to_hex(attempt.expected)}};
    if (!attempt.client_challenge.empty() && router_key_) {  // W-AUT-C6
        extra.set("pubkey", crypto::to_hex(crypto::public_key_of(*router_key_)));
        extra.set("signature",
                  crypto::to_hex(crypto::sign(*router_key_, attempt.client_challenge)) +
                      crypto::to_hex(attempt.client_challenge));
    }
    return Challenged{to_string(attempt.method), std::move(extra), std::move(attempt)};
}

// Answers ---------------------------------------------------------------------------------------

Authenticator::Step Authenticator::verify(Attempt&& attempt, const Proof& proof,
                                          const Arrival& arrival) const {
    if (!offers(attempt.method)) return denied("the method is no longer offered");
    switch (attempt.method) {
        case Method::anonymous:
            break;
        case Method::ticket:
            return verify_ticket(std::move(attempt), proof);
        case Method::wampcra: {
            const Subject who = subject(attempt, arrival);
            const std::optional<CraCredential>& credential = who.shown().wampcra;
            SALLYPORT_CHECK(credential.has_value());
            const std::string due = crypto::sign_cra(credential->key, attempt.expected);
            const bool same = crypto::equal(due, std::string_view(proof.signature));
            if (!same || who.real == nullptr) return denial(attempt, "wrong secret");
            return admit(attempt, *who.real);
        }
        case Method::wamp_scram:
        case Method::scram:
            return verify_scram(attempt, proof, arrival);
        case Method::cryptosign: {
            // Verify with the announced key, known or not; then check that it belongs to the
            // principal (W-AUT-C5) and that the message is the challenge (W-AUT-C3).
            const auto given = read_signed(proof.signature).value_or(Signed{});
            const bool sound = crypto::verify(attempt.key, given.message, given.signature) &&
                               crypto::equal(given.message, attempt.expected);
            const auto who = usable(attempt);
            if (!sound || who == nullptr) return denial(attempt, "wrong signature");
            const auto& keys = who->cryptosign;
            if (std::find(keys.begin(), keys.end(), attempt.key) == keys.end())
                return denied("not a key of the principal");
            return admit(attempt, *who);
        }
    }
    return denied("no answer expected");
}

Authenticator::Step Authenticator::verify_ticket(Attempt&& attempt, const Proof& proof) const {
    auto check = [who = usable(attempt), ticket = proof.signature, iterations = iterations_] {
        const crypto::TicketHash* const stored = who == nullptr ? nullptr : &*who->ticket;
        return crypto::verify_ticket(stored, ticket, iterations);
    };
    if (iterations_ > 0) return DeferredCheck{std::move(check), std::move(attempt)};
    attempt.proven = check();
    return after_ticket(std::move(attempt));
}

Authenticator::Step Authenticator::conclude(DeferredCheck&& deferred, bool proven) const {
    deferred.attempt.proven = proven;
    return after_ticket(std::move(deferred.attempt));
}

Authenticator::Step Authenticator::after_ticket(Attempt&& attempt) const {
    if (asks_for(Method::ticket)) return ask(std::move(attempt));
    if (!attempt.proven) return denial(attempt, "wrong ticket");
    return admit(attempt, *usable(attempt));
}

Authenticator::Step Authenticator::verify_scram(const Attempt& attempt, const Proof& proof,
                                                const Arrival& arrival) const {
    const Subject who = subject(attempt, arrival);
    const auto dialect = dialect_of(attempt.method);
    const bool specified = dialect == crypto::ScramDialect::specification;
    const crypto::ScramKeys& keys = who.shown().scram_of(attempt.method)->keys;
    const std::string message = crypto::auth_message(
        dialect, {attempt.authid, attempt.client_nonce, attempt.expected, "", ""}, attempt.costs);
    const auto given = wamp::from_base64(proof.signature).value_or("");
    bool sound = crypto::verify_proof(keys, message, given);
    if (specified) {  // W-AUT-S3
        sound = sound && proof.nonce == attempt.expected && proof.plain;
    }
    if (!sound || who.real == nullptr) return denial(attempt, "wrong proof");
    Step step = admit(attempt, *who.real);
    std::get<Admitted>(step).authextra.set(
        specified ? "verifier" : "scram_server_signature",
        wamp::to_base64(crypto::server_signature(keys, message)));
    return step;
}

Authenticator::Refused Authenticator::denial(const Attempt& attempt,
                                             std::string_view otherwise) const {
    const auto who = find(attempt);
    if (who == nullptr) return denied("no such principal");
    if (who->disabled) return denied("the principal is disabled");
    if (attempt.dynamic == nullptr && !who->methods().has(attempt.method))
        return denied("the principal has no credential for this method");
    return denied(otherwise);
}

Authenticator::Step Authenticator::admit(const Attempt& attempt, const Credentials& who) {
    return Admitted{{who.authid, who.role, std::string(to_string(attempt.method))},
                    {},
                    attempt.dynamic == nullptr ? "static" : "dynamic"};
}

// For tools -------------------------------------------------------------------------------------

std::optional<std::string_view> Authenticator::role_of(std::string_view authid) const noexcept {
    const auto found = principals_.find(authid);
    if (found == principals_.end()) return std::nullopt;
    return std::string_view(found->second->role);
}

}  // namespace sallyport::policy
