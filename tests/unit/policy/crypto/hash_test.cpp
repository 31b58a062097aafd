#include "policy/crypto/hash.h"

#include <gtest/gtest.h>

#include "tests/vectors/vectors.h"

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

TEST(Pbkdf2, MakesKeysOfAnyLength) {  // W-VEC-05
    for (const auto& vector : vectors::load("auth-vectors.json", "pbkdf2_sha256")) {
        const std::string key = pbkdf2_sha256(
            vector.at("password").get<std::string>(), vector.at("salt").get<std::string>(),
            vector.at("iterations"), vector.at("dklen").get<std::size_t>());
        EXPECT_EQ(to_hex(key), vector.at("hex").get<std::string>());
    }
    EXPECT_EQ(pbkdf2_sha256("p", "s", 2, 1).size(), 1U);
}

TEST(Hmac, GivesTheKnownAnswers) {  // RFC 4231 sections 4.3 and 4.4
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\xAA'), std::string(50, '\xDD'))),
              "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    EXPECT_EQ(to_hex(hmac_sha256("", "")),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
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
        EXPECT_FALSE(equal(as_text(digest), as_text(other))) << i;
    }
    EXPECT_TRUE(equal(std::string_view("ab"), std::string_view("ab")));
    EXPECT_FALSE(equal(std::string_view("ab"), std::string_view("abc")));
}

}  // namespace
}  // namespace sallyport::policy::crypto
