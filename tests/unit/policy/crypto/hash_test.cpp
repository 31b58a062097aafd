#include "policy/crypto/hash.h"

#include <gtest/gtest.h>

namespace sallyport::policy::crypto {
namespace {

TEST(Sha256, GivesTheKnownAnswers) {  // FIPS 180-4 examples
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256("a", "bc")), sha256_hex("abc"));
}

TEST(Pbkdf2, GivesTheKnownAnswers) {  // RFC 7914 §11, first half of the output
    EXPECT_EQ(to_hex(pbkdf2_sha256("passwd", "salt", 1)),
              "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    EXPECT_EQ(to_hex(pbkdf2_sha256("Password", "NaCl", 80000)),
              "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

TEST(Hex, IsReadAsItIsWritten) {
    const std::string bytes("\x00\x7f\x80\xff", 4);
    EXPECT_EQ(to_hex(bytes), "007f80ff");
    EXPECT_EQ(from_hex("007f80ff"), bytes);
    EXPECT_EQ(from_hex("007F80FF"), bytes);
    EXPECT_EQ(from_hex(""), "");
    for (const char* wrong : {"0", "0g", "g0", " 00", "0x00", "00 "})
        EXPECT_EQ(from_hex(wrong), std::nullopt);
}

TEST(Equal, ComparesEachByte) {
    const Digest digest = sha256("x");
    EXPECT_TRUE(equal(digest, sha256("x")));
    for (std::size_t i = 0; i < digest.size(); ++i) {
        Digest other = digest;
        other[i] ^= 1U;
        EXPECT_FALSE(equal(digest, other)) << i;
    }
}

}  // namespace
}  // namespace sallyport::policy::crypto
