#include "policy/crypto/argon2.h"

#include <gtest/gtest.h>

#include "tests/vectors/vectors.h"

namespace sallyport::policy::crypto {
namespace {

TEST(Argon2id, GivesTheKnownAnswers) {  // W-VEC-05
    int seen = 0;
    for (const auto& vector : vectors::load("auth-vectors.json", "scram_autobahn_dialect")) {
        if (vector.at("kind") != "kdf" || !vector.contains("memory_kib")) continue;
        ++seen;
        const auto hash = argon2id(vector.at("password").get<std::string>(),
                                   vector.at("salt_utf8").get<std::string>(),
                                   vector.at("iterations"), vector.at("memory_kib"));
        ASSERT_TRUE(hash);
        EXPECT_EQ(to_hex(*hash), vector.at("raw_hex").get<std::string>());
    }
    EXPECT_EQ(seen, 1);
}

TEST(Argon2id, RefusesWhatItCannotDo) {
    EXPECT_TRUE(argon2id("p", "8 bytes.", 1, 8));
    EXPECT_FALSE(argon2id("p", "7 bytes", 1, 8));
    EXPECT_FALSE(argon2id("p", "8 bytes.", 0, 8));
    EXPECT_FALSE(argon2id("p", "8 bytes.", 1, 7));
}

}  // namespace
}  // namespace sallyport::policy::crypto
