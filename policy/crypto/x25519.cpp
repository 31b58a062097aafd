#include "policy/crypto/x25519.h"

#include <openssl/evp.h>

#include <memory>

#include "wamp/base/check.h"

namespace sallyport::policy::crypto {

X25519Key x25519_public_key(const X25519Key& private_key) noexcept {
    struct Deleter {
        void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    };
    const std::unique_ptr<EVP_PKEY, Deleter> key(EVP_PKEY_new_raw_private_key(
        EVP_PKEY_X25519, nullptr, private_key.data(), private_key.size()));
    X25519Key found{};
    std::size_t size = found.size();
    SALLYPORT_CHECK(key && EVP_PKEY_get_raw_public_key(key.get(), found.data(), &size) == 1);
    return found;
}

X25519Pair make_x25519_pair(wamp::Random& random) noexcept {
    X25519Pair pair{};
    random.fill(pair.private_key);
    pair.public_key = x25519_public_key(pair.private_key);
    return pair;
}

}  // namespace sallyport::policy::crypto
