#include "policy/auth/auth_decoy.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/policy/logins.h"
#include "wamp/base/base64.h"

namespace sallyport::policy {
namespace {

constexpr crypto::Digest key{1};
constexpr crypto::Digest other_key{2};

Credentials with(CraCredential cra) {
    Credentials out;
    out.wampcra = std::move(cra);
    return out;
}

Credentials with(crypto::ScramCosts costs) {
    Credentials out;
    out.scram = ScramCredential{std::move(costs), {}};
    return out;
}

TEST(Decoys, AreTheSameForOneNameUnderOneKey) {
    const Decoys decoys;
    for (const Method method : {Method::wampcra, Method::wamp_scram, Method::scram}) {
        const Credentials one = decoys.make(key, method, "alice");
        const Credentials again = decoys.make(key, method, "alice");
        EXPECT_EQ(one.wampcra, again.wampcra);
        EXPECT_EQ(one.wamp_scram, again.wamp_scram);
        EXPECT_EQ(one.scram, again.scram);
        EXPECT_TRUE(one.methods().has(method));
    }
    const auto salt = [&decoys](const crypto::Digest& under, const char* authid) {
        return decoys.make(under, Method::wampcra, authid).wampcra->salt;
    };
    EXPECT_NE(salt(key, "alice"), salt(key, "bob"));
    EXPECT_NE(salt(key, "alice"), salt(other_key, "alice"));
}

TEST(Decoys, LookLikeWhatTheyLearnt) {
    Decoys decoys;
    decoys.learn(with(CraCredential{"k", "0123456789abcdef0123", 5000, 24}));
    const CraCredential made = *decoys.make(key, Method::wampcra, "x").wampcra;
    EXPECT_EQ(made.iterations, 5000U);
    EXPECT_EQ(made.key_bytes, 24U);
    EXPECT_EQ(made.salt.size(), 20U);
    EXPECT_EQ(made.salt.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(wamp::from_base64(made.key)->size(), 24U);

    Decoys plain;
    plain.learn(with(CraCredential{"the secret itself", "", 0, 0}));
    EXPECT_EQ(plain.make(key, Method::wampcra, "x").wampcra->salt, "");

    Decoys scram;
    scram.learn(with(crypto::ScramCosts{crypto::Kdf::argon2id, std::string(40, 's'), 7, 99}));
    const ScramCredential made_scram = *scram.make(key, Method::scram, "x").scram;
    EXPECT_EQ(made_scram.costs.iterations, 7U);
    EXPECT_EQ(made_scram.costs.memory_kib, 99U);
    EXPECT_EQ(made_scram.costs.salt.size(), 40U);
}

TEST(Decoys, KeepTheirShapeWhenAnotherComes) {
    Decoys few;
    few.learn(with(CraCredential{"k", "aa", 1, 16}));
    few.learn(with(CraCredential{"k", "aa", 2, 16}));
    Decoys more = few;
    more.learn(with(CraCredential{"k", "aa", 3, 16}));
    std::map<std::uint32_t, int> seen;
    for (int i = 0; i < 300; ++i) {
        const std::string authid = "name" + std::to_string(i);
        const auto before = few.make(key, Method::wampcra, authid).wampcra;
        const auto after = more.make(key, Method::wampcra, authid).wampcra;
        ++seen[after->iterations];
        if (after->iterations != 3) {
            EXPECT_EQ(before, after);
        }
    }
    EXPECT_EQ(seen.size(), 3U);
    for (const auto& [iterations, count] : seen) EXPECT_GT(count, 50) << iterations;
}

TEST(Decoys, LearnABoundedNumberOfShapes) {
    Decoys decoys;
    for (std::uint32_t i = 1; i <= 100; ++i) decoys.learn(with(CraCredential{"k", "aa", i, 16}));
    for (int i = 0; i < 300; ++i) {
        EXPECT_LE(decoys.make(key, Method::wampcra, std::to_string(i)).wampcra->iterations, 16U);
    }
}

}  // namespace
}  // namespace sallyport::policy
