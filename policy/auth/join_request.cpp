#include "policy/auth/join_request.h"

#include "policy/crypto/hash.h"
#include "wamp/base/base64.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t public_key_digits = 64;

const wamp::Dict& extra_of(const wamp::Hello& hello) {
    static const wamp::Dict none;
    const wamp::Dict* const extra = hello.details.get_dict("authextra");
    return extra == nullptr ? none : *extra;
}

/// Null means absent (W-AUT-C6).
bool claims(const wamp::Dict& extra, std::string_view key) {
    const wamp::Value* const value = extra.find(key);
    return value != nullptr && !value->is_null();
}

/// Reads the client nonce of SCRAM; false if it is missing or an unsupported feature is requested
/// (W-AUT-S1).
bool read_scram_hello(const wamp::Dict& extra, JoinRequest& out) {
    out.client_nonce = extra.get_string("nonce");
    return !out.client_nonce.empty() && out.client_nonce.size() <= client_nonce_text_max &&
           wamp::from_base64(out.client_nonce).has_value() && !claims(extra, "channel_binding");
}

/// Reads the client's public key (W-AUT-C1). Trust chains and channel binding are not supported,
/// and a request for them is refused, never ignored (W-AUT-C7, W-AUT-C10).
bool read_cryptosign_hello(const wamp::Dict& extra, JoinRequest& out) {
    const auto key = crypto::parse_public_key(extra.get_string("pubkey"));
    if (!key || claims(extra, "channel_binding") || claims(extra, "trustroot") ||
        claims(extra, "certificates")) {
        return false;
    }
    out.key = *key;
    if (!claims(extra, "challenge")) return true;
    const auto challenge = crypto::from_hex(extra.get_string("challenge"));
    if (!challenge || challenge->size() != client_challenge_bytes) return false;
    out.client_challenge = *challenge;
    return true;
}

}  // namespace

std::string name_of(const wamp::Hello& hello) {
    const std::string_view authid = hello.details.get_string("authid");
    if (!authid.empty()) return std::string(authid.substr(0, authid_bytes_max));
    const std::string_view key = extra_of(hello).get_string("pubkey");
    return key.empty() ? std::string() : "key " + std::string(key.substr(0, public_key_digits));
}

std::variant<JoinRequest, std::string_view> read_request(const wamp::Hello& hello, Method method) {
    JoinRequest request;
    request.method = method;
    request.realm = hello.realm;
    // The authid that an anonymous client requested is ignored (W-AUT-A1, W-AUT-03).
    if (method == Method::anonymous) return request;
    request.authid = hello.details.get_string("authid");
    if (request.authid.size() > authid_bytes_max) return "the authid is too long";  // W-AUT-06
    const wamp::Dict& extra = extra_of(hello);
    if ((method == Method::wamp_scram || method == Method::scram) &&
        !read_scram_hello(extra, request)) {
        return "no nonce, or channel binding requested";
    }
    if (method == Method::cryptosign && !read_cryptosign_hello(extra, request))
        return "no public key, or unsupported authextra";
    return request;
}

Proof read_proof(const wamp::Authenticate& answer) {
    const std::string_view nonce = answer.extra.get_string("nonce");
    return {answer.signature.substr(0, Proof::proof_bytes_max),
            std::string(nonce.substr(0, Proof::nonce_bytes_max)),
            !claims(answer.extra, "channel_binding") && !claims(answer.extra, "cbind_data")};
}

}  // namespace sallyport::policy
