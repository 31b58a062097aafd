#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/credentials.h"
#include "policy/crypto/ed25519.h"
#include "policy/crypto/hash.h"
#include "policy/document/diagnostic.h"

namespace sallyport::policy {

/// A principals file: who may log in with a secret.
struct Principals {
    std::vector<Credentials> list;
    /// For challenges of unknown principals that stay the same over restarts.
    std::optional<crypto::Digest> decoy_key;
    /// The router proves its identity with this key to cryptosign clients that ask for it
    /// (W-AUT-C6).
    std::optional<crypto::SigningSeed> router_key;
};

/// Reads a principals file. Appends all errors, which never show a secret; the result then holds
/// what could be read.
Principals parse_principals(std::string_view text, const std::string& file,
                            Diagnostics& diagnostics);

}  // namespace sallyport::policy
