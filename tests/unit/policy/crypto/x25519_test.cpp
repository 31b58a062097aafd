#include "policy/crypto/x25519.h"

#include <gtest/gtest.h>

#include "policy/crypto/ed25519.h"
#include "policy/crypto/hash.h"

namespace sallyport::policy::crypto {
namespace {

// RFC 7748, section 6.1: Alice's key pair.
TEST(X25519, DerivesThePublicKeyOfTheRfc) {
    const auto key =
        parse_public_key("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    ASSERT_TRUE(key);
    EXPECT_EQ(to_hex(x25519_public_key(*key)),
              "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
}

TEST(X25519, MakesPairsThatBelongTogetherAndDiffer) {
    wamp::Random random({});
    const X25519Pair one = make_x25519_pair(random);
    const X25519Pair other = make_x25519_pair(random);
    EXPECT_EQ(one.public_key, x25519_public_key(one.private_key));
    EXPECT_NE(one.private_key, other.private_key);
    EXPECT_NE(one.public_key, other.public_key);
}

}  // namespace
}  // namespace sallyport::policy::crypto
