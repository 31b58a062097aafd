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
    /// Makes up the challenges of principals that there are not, alike from one start to the next.
    std::optional<crypto::Digest> decoy_key;
    /// With which the router proves itself to clients of cryptosign that ask for it (W-AUT-C6).
    std::optional<crypto::SigningSeed> router_key;
};

/// Reads a principals file. Appends all that is wrong with it, never showing a secret; what is
/// returned is then what could be read.
Principals parse_principals(std::string_view text, const std::string& file,
                            Diagnostics& diagnostics);

}  // namespace sallyport::policy
