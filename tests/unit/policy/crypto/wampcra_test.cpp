#include "policy/crypto/wampcra.h"

#include <gtest/gtest.h>

#include "tests/vectors/vectors.h"

namespace sallyport::policy::crypto {
namespace {

std::string text(const nlohmann::json& value) {
    return value.get<std::string>();
}

TEST(WampCra, DerivesTheKnownKeys) {  // W-AUT-W2, W-VEC-05
    for (const auto& vector : vectors::load("auth-vectors.json", "wampcra_derive_key")) {
        EXPECT_EQ(derive_cra_key(text(vector.at("secret")), text(vector.at("salt")),
                                 vector.at("iterations"), vector.at("keylen")),
                  text(vector.at("derived_key_base64")));
    }
}

TEST(WampCra, SignsTheKnownChallenges) {  // W-AUT-W1, W-VEC-05
    int salted = 0;
    for (const auto& vector : vectors::load("auth-vectors.json", "wampcra_sign")) {
        std::string key = text(vector.at("secret"));
        if (!vector.at("salt").is_null()) {
            ++salted;
            key = derive_cra_key(key, text(vector.at("salt")), vector.at("iterations"),
                                 vector.at("keylen"));
        }
        EXPECT_EQ(key, text(vector.at("hmac_key_utf8")));
        EXPECT_EQ(sign_cra(key, text(vector.at("challenge"))), text(vector.at("signature")));
    }
    EXPECT_EQ(salted, 3);
}

}  // namespace
}  // namespace sallyport::policy::crypto
