#include "policy/auth/auth_dynamic.h"

#include <algorithm>
#include <utility>

#include "policy/crypto/wampcra.h"
#include "policy/document/names.h"
#include "wamp/base/base64.h"

namespace sallyport::policy {
namespace {

/// The number at `key`, `otherwise` if it is absent, 0 if it is out of range.
std::uint32_t number(const wamp::Dict& answer, std::string_view key, std::uint32_t otherwise,
                     std::uint32_t least, std::uint32_t most) {
    const wamp::Value* const value = answer.find(key);
    if (value == nullptr || value->is_null()) return otherwise;
    const auto* const given = value->get_if<std::uint64_t>();
    if (given == nullptr || *given < least || *given > most) return 0;
    return static_cast<std::uint32_t>(*given);
}

bool read_cra(const wamp::Dict& answer, Credentials& out) {
    CraCredential read;
    read.key = answer.get_string("secret");
    read.salt = answer.get_string("salt");
    const wamp::Value* const salt = answer.find("salt");
    const bool salted = salt != nullptr && !salt->is_null();
    if (salted) {
        if (read.salt.empty() || read.salt.size() > cra_salt_bytes_max) return false;
        read.iterations = number(answer, "iterations", 1000, 1, crypto::cra_iterations_max);
        read.key_bytes =
            number(answer, "keylen", 32, crypto::cra_key_bytes_min, crypto::cra_key_bytes_max);
        if (read.iterations == 0 || read.key_bytes == 0) return false;
    }
    const bool sound = !read.key.empty() && read.key.size() <= secret_bytes_max;
    out.wampcra = std::move(read);
    return sound;
}

bool read_digest(const wamp::Dict& answer, std::string_view key, crypto::Digest& out) {
    const auto bytes = crypto::parse_public_key(answer.get_string(key));  // the same length
    if (bytes) out = *bytes;
    return bytes.has_value();
}

bool read_scram(const wamp::Dict& answer, Method method, Credentials& out) {
    ScramCredential read;
    const auto kdf = crypto::parse_kdf(answer.get_string("kdf"), dialect_of(method));
    const auto salt = crypto::from_hex(answer.get_string("salt"));
    if (!kdf || !salt || salt->size() < crypto::scram_salt_bytes_min ||
        salt->size() > crypto::scram_salt_bytes_max) {
        return false;
    }
    read.costs.kdf = *kdf;
    read.costs.salt = *salt;
    if (*kdf == crypto::Kdf::argon2id) {
        read.costs.iterations =
            number(answer, "iterations", 0, 1, crypto::scram_argon2_iterations_max);
        read.costs.memory_kib = number(answer, "memory", 0, crypto::scram_argon2_memory_kib_min,
                                       crypto::scram_argon2_memory_kib_max);
        if (read.costs.memory_kib == 0) return false;
    } else {
        read.costs.iterations = number(answer, "iterations", 0, crypto::scram_pbkdf2_iterations_min,
                                       crypto::scram_pbkdf2_iterations_max);
    }
    const bool sound = read.costs.iterations != 0 &&
                       read_digest(answer, "stored-key", read.keys.stored) &&
                       read_digest(answer, "server-key", read.keys.server);
    (method == Method::scram ? out.scram : out.wamp_scram) = std::move(read);
    return sound;
}

bool read_key(const wamp::Value& value, Credentials& out) {
    const auto* const text = value.get_if<std::string>();
    const auto key = text == nullptr ? std::nullopt : crypto::parse_public_key(*text);
    if (!key || !crypto::is_trustworthy(*key) || out.cryptosign.size() == public_keys_max)
        return false;
    out.cryptosign.push_back(*key);
    return true;
}

bool read_keys(const wamp::Dict& answer, Credentials& out) {
    if (const wamp::Value* const one = answer.find("pubkey")) return read_key(*one, out);
    const wamp::List* const list = answer.get_list("authorized_keys");
    return list != nullptr && !list->empty() &&
           std::all_of(list->begin(), list->end(),
                       [&out](const wamp::Value& value) { return read_key(value, out); });
}

bool read_proof(const wamp::Dict& answer, Method method, Credentials& out) {
    switch (method) {
        case Method::anonymous:
        case Method::ticket:
            return true;
        case Method::wampcra:
            return read_cra(answer, out);
        case Method::wamp_scram:
        case Method::scram:
            return read_scram(answer, method, out);
        case Method::cryptosign:
            return read_keys(answer, out);
    }
    return false;
}

}  // namespace

std::shared_ptr<const Credentials> read_dynamic_answer(const wamp::Value& answer, Method method,
                                                       std::string_view realm,
                                                       std::string_view authid) {
    auto out = std::make_shared<Credentials>();
    out->authid = authid;
    if (const auto* role = answer.get_if<std::string>()) {
        out->role = *role;
        if (!read_proof({}, method, *out)) return nullptr;
    } else if (const auto* dict = answer.get_if<wamp::Dict>()) {
        out->role = dict->get_string("role");
        // The credentials were checked for the requested realm only.
        if (dict->get_string("realm", realm) != realm) return nullptr;
        out->authid = dict->get_string("authid", authid);
        if (!read_proof(*dict, method, *out)) return nullptr;
    }
    const bool named = !out->authid.empty() && out->authid.size() <= authid_bytes_max;
    if (!named || !is_valid_name(out->role) || out->role == gateway_role) return nullptr;
    return out;
}

}  // namespace sallyport::policy
