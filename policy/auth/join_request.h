#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "policy/auth/credentials.h"
#include "policy/crypto/ed25519.h"
#include "policy/crypto/ticket_hash.h"
#include "wamp/message/message.h"

namespace sallyport::policy {

inline constexpr std::size_t client_nonce_text_max = 256;  ///< of SCRAM
inline constexpr std::size_t client_challenge_bytes = 32;

/// What a client that wants to join has said in HELLO, in the form in which the authenticator is
/// asked about it.
struct JoinRequest {
    Method method = Method::ticket;
    std::string realm;
    std::string authid;            ///< as requested; "" if the public key identifies the principal
    std::string client_nonce;      ///< of SCRAM
    crypto::PublicKey key{};       ///< as announced by the client
    std::string client_challenge;  ///< to be signed by the router, 32 bytes or empty

    bool operator==(const JoinRequest&) const = default;
};

/// What a client has answered to a challenge. A longer signature than `proof_bytes_max` never
/// proves anything, and is cut.
struct Proof {
    static constexpr std::size_t proof_bytes_max = crypto::ticket_bytes_max + 1;
    static constexpr std::size_t nonce_bytes_max = 512;

    std::string signature;
    std::string nonce;  ///< of SCRAM, as repeated by the client
    bool plain = true;  ///< asks for nothing that is not supported, as channel binding

    bool operator==(const Proof&) const = default;
};

/// Whom this HELLO names, for records: the authid, the public key, or "" for an anonymous session.
std::string name_of(const wamp::Hello& hello);

/// Reads HELLO for that method; or why it is to be denied (W-AUT-06), for the log.
std::variant<JoinRequest, std::string_view> read_request(const wamp::Hello& hello, Method method);
Proof read_proof(const wamp::Authenticate& answer);

}  // namespace sallyport::policy
