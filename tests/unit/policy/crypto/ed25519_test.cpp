#include "policy/crypto/ed25519.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>

#include "policy/crypto/hash.h"
#include "tests/vectors/vectors.h"

namespace sallyport::policy::crypto {
namespace {

template <class Array>
Array array_of(std::string_view bytes) {
    Array out{};
    EXPECT_EQ(bytes.size(), out.size());
    std::transform(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(out.size()),
                   out.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
    return out;
}

std::string text(const nlohmann::json& value) {
    return value.get<std::string>();
}

TEST(Ed25519, SignsAsTheVectorsDo) {  // W-VEC-05
    for (const auto& vector : vectors::load("auth-vectors.json", "cryptosign_sign")) {
        const auto seed =
            array_of<SigningSeed>(vectors::unhex(text(vector.at("private_key_seed"))));
        EXPECT_EQ(to_hex(public_key_of(seed)), text(vector.at("public_key")));
        const std::string message = vectors::unhex(text(vector.at("signed_message")));
        EXPECT_EQ(to_hex(sign(seed, message)) + to_hex(message),
                  text(vector.at("authenticate_signature")));
    }
}

TEST(Ed25519, VerifiesAsTheVectorsDo) {  // W-VEC-05
    for (const auto& vector : vectors::load("auth-vectors.json", "cryptosign_verify")) {
        const auto key = parse_public_key(text(vector.at("public_key")));
        ASSERT_TRUE(key);
        const std::string bytes = vectors::unhex(text(vector.at("signature96")));
        const auto signature = array_of<Signature>(bytes.substr(0, 64));
        EXPECT_TRUE(verify(*key, bytes.substr(64), signature)) << vector.at("name");
        EXPECT_FALSE(verify(*key, bytes.substr(63), signature)) << vector.at("name");
    }
}

TEST(Ed25519, RefusesEverySignatureWithOneBitChanged) {
    const SigningSeed seed{7};
    const PublicKey key = public_key_of(seed);
    const Signature signature = sign(seed, "message");
    ASSERT_TRUE(verify(key, "message", signature));
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        Signature changed = signature;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << bit % 8));
        EXPECT_FALSE(verify(key, "message", changed)) << bit;
    }
    EXPECT_EQ(ERR_peek_error(), 0U);  // nothing is left for the next TLS connection to find
}

// The order of the group, little-endian.
constexpr std::string_view order =
    "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

TEST(Ed25519, RefusesAScalarThatIsNotReduced) {  // W-AUT-C4
    const SigningSeed seed{9};
    Signature signature = sign(seed, "message");
    const std::string l = vectors::unhex(order);
    unsigned carry = 0;
    for (std::size_t i = 0; i < 32; ++i) {
        carry += signature[32 + i] + static_cast<unsigned>(static_cast<unsigned char>(l[i]));
        signature[32 + i] = static_cast<std::uint8_t>(carry & 0xFFU);
        carry >>= 8U;
    }
    EXPECT_FALSE(verify(public_key_of(seed), "message", signature));
}

TEST(Ed25519, TrustsNoKeyOfSmallOrder) {  // W-AUT-C4
    // All encodings of the eight points, canonical and not.
    for (const char* y : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
        PublicKey key = *parse_public_key(y);
        Signature forged{};  // R = the neutral element, S = 0
        forged[0] = 1;
        for (int sign_bit = 0; sign_bit < 2; ++sign_bit) {
            EXPECT_FALSE(is_trustworthy(key)) << y;
            for (int i = 0; i < 16; ++i)  // whatever the hash makes of it
                EXPECT_FALSE(verify(key, std::string(1, static_cast<char>(i)), forged)) << y;
            key[31] |= 0x80U;
        }
    }
}

TEST(Ed25519, TrustsNoKeyThatIsNotCanonical) {  // W-AUT-C4
    for (const char* y : {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
        EXPECT_FALSE(is_trustworthy(*parse_public_key(y))) << y;
    }
    // Just below the prime.
    EXPECT_TRUE(is_trustworthy(
        *parse_public_key("ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")));
    EXPECT_TRUE(is_trustworthy(public_key_of(SigningSeed{1})));
}

TEST(Ed25519, RefusesACommitmentOfSmallOrder) {
    // R of small order and S = k * a would verify under any key; nobody honest makes one.
    Signature signature = sign(SigningSeed{3}, "m");
    std::fill_n(signature.begin(), 32, std::uint8_t{0});
    EXPECT_FALSE(verify(public_key_of(SigningSeed{3}), "m", signature));
}

TEST(PublicKeyText, IsHexOfEitherCase) {
    const std::string digits = to_hex(public_key_of(SigningSeed{1}));
    std::string upper = digits;
    for (char& c : upper) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    EXPECT_EQ(parse_public_key(digits), public_key_of(SigningSeed{1}));
    EXPECT_EQ(parse_public_key(upper), public_key_of(SigningSeed{1}));
    EXPECT_FALSE(parse_public_key(digits.substr(2)));
    EXPECT_FALSE(parse_public_key(digits + "00"));
    EXPECT_FALSE(parse_public_key("0x" + digits.substr(2)));
    EXPECT_FALSE(parse_public_key(""));
}

TEST(OpensshKey, IsReadFromALineOfOpenssh) {  // W-VEC-05
    int seen = 0;
    for (const auto& vector : vectors::load("auth-vectors.json", "cryptosign_keys")) {
        for (const auto& [name, value] : vector.items()) {
            if (!value.is_string() || !text(value).starts_with("ssh-ed25519 ")) continue;
            ++seen;
            EXPECT_EQ(parse_openssh_key(text(value)),
                      parse_public_key(text(vector.at("public_key"))));
            EXPECT_FALSE(parse_openssh_key(text(value).substr(0, 60)));
            EXPECT_FALSE(parse_openssh_key(" " + text(value)));
        }
    }
    EXPECT_GE(seen, 1);
    EXPECT_FALSE(parse_openssh_key("ssh-rsa AAAA"));
    EXPECT_FALSE(parse_openssh_key("ssh-ed25519 AAAA"));
}

TEST(SigningSeed, IsDrawn) {
    wamp::Random random(wamp::Random::Seed{1});
    const SigningSeed first = make_seed(random);
    EXPECT_NE(first, make_seed(random));
}

}  // namespace
}  // namespace sallyport::policy::crypto
