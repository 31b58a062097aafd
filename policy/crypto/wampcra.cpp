#include "policy/crypto/wampcra.h"

#include "policy/crypto/hash.h"
#include "wamp/base/base64.h"

namespace sallyport::policy::crypto {

std::string derive_cra_key(std::string_view secret, std::string_view salt, std::uint32_t iterations,
                           std::size_t key_bytes) {
    return wamp::to_base64(std::string_view(pbkdf2_sha256(secret, salt, iterations, key_bytes)));
}

std::string sign_cra(std::string_view key, std::string_view challenge) {
    return wamp::to_base64(hmac_sha256(key, challenge));
}

}  // namespace sallyport::policy::crypto
