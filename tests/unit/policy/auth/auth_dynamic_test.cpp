#include "policy/auth/auth_dynamic.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/logins.h"

namespace sallyport::policy {
namespace {

using wamp::Dict;
using wamp::List;
using wamp::Value;

std::shared_ptr<const Credentials> read(const Value& answer, Method method,
                                        std::string_view authid = "joe") {
    return read_dynamic_answer(answer, method, "realm", authid);
}

Dict with(Dict dict, std::string_view key, Value value) {
    dict.set(key, std::move(value));
    return dict;
}

const std::string digits(64, 'b');
const Dict scram{{"role", "r"},         {"kdf", "argon2id13"}, {"salt", "00112233445566778899"},
                 {"iterations", 3},     {"memory", 64},        {"stored-key", digits},
                 {"server-key", digits}};

TEST(DynamicAnswer, IsARoleWhereTheProcedureDecides) {
    for (const Method method : {Method::anonymous, Method::ticket}) {
        ASSERT_NE(read("user", method), nullptr);
        EXPECT_EQ(read("user", method)->role, "user");
        EXPECT_EQ(read("user", method)->authid, "joe");
        const auto named = read(Dict{{"role", "user"}, {"authid", "joe2"}, {"extra", 1}}, method);
        ASSERT_NE(named, nullptr);
        EXPECT_EQ(named->authid, "joe2");
    }
}

TEST(DynamicAnswer, FailsClosed) {
    for (const Value& answer :
         {Value(), Value(true), Value(7), Value(""), Value("two words"), Value(List{"user"}),
          Value(Dict{}), Value(Dict{{"role", 7}}), Value(Dict{{"role", "*"}}),
          Value(Dict{{"role", "user"}, {"realm", "other"}}),
          Value(Dict{{"role", "user"}, {"authid", ""}}),
          Value(Dict{{"role", "user"}, {"authid", std::string(257, 'a')}})}) {
        EXPECT_EQ(read(answer, Method::ticket), nullptr);
    }
    EXPECT_NE(read(Dict{{"role", "user"}, {"realm", "realm"}}, Method::ticket), nullptr);
    EXPECT_EQ(read("user", Method::ticket, ""), nullptr);
    for (const Method method : {Method::wampcra, Method::scram, Method::cryptosign}) {
        EXPECT_EQ(read("user", method), nullptr);  // proves nothing
        EXPECT_EQ(read(Dict{{"role", "user"}}, method), nullptr);
    }
}

TEST(DynamicAnswer, HoldsTheSecretOfWampCra) {
    const auto plain = read(Dict{{"role", "r"}, {"secret", "s"}}, Method::wampcra);
    ASSERT_NE(plain, nullptr);
    EXPECT_EQ(plain->wampcra, (CraCredential{"s", "", 0, 0}));
    const Dict salted{{"role", "r"}, {"secret", "k"}, {"salt", "na"}};
    EXPECT_EQ(read(salted, Method::wampcra)->wampcra, (CraCredential{"k", "na", 1000, 32}));
    EXPECT_EQ(read(with(with(salted, "iterations", 7), "keylen", 16), Method::wampcra)->wampcra,
              (CraCredential{"k", "na", 7, 16}));
    EXPECT_EQ(read(with(salted, "iterations", 0), Method::wampcra), nullptr);
    EXPECT_EQ(read(with(salted, "iterations", -1), Method::wampcra), nullptr);
    EXPECT_EQ(read(with(salted, "keylen", 65), Method::wampcra), nullptr);
    EXPECT_EQ(read(with(salted, "salt", ""), Method::wampcra), nullptr);
    EXPECT_EQ(read(with(salted, "secret", ""), Method::wampcra), nullptr);
}

TEST(DynamicAnswer, HoldsTheKeysOfScram) {
    const auto made = read(scram, Method::wamp_scram);
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(made->wamp_scram->costs.memory_kib, 64U);
    EXPECT_EQ(crypto::to_hex(made->wamp_scram->costs.salt), "00112233445566778899");
    EXPECT_EQ(crypto::to_hex(made->wamp_scram->keys.server), digits);
    EXPECT_EQ(read(scram, Method::scram), nullptr);  // spells its function otherwise (W-AUT-S5)
    EXPECT_NE(read(with(scram, "kdf", "argon2id-13"), Method::scram), nullptr);
    for (const char* key : {"kdf", "salt", "iterations", "memory", "stored-key", "server-key"}) {
        EXPECT_EQ(read(with(scram, key, "zz"), Method::wamp_scram), nullptr) << key;
        Dict less = scram;
        less.erase(key);
        EXPECT_EQ(read(less, Method::wamp_scram), nullptr) << key;
    }
    const Dict pbkdf2 = with(with(scram, "kdf", "pbkdf2"), "iterations", 4096);
    EXPECT_NE(read(pbkdf2, Method::wamp_scram), nullptr);
    EXPECT_EQ(read(with(pbkdf2, "iterations", 4095), Method::wamp_scram), nullptr);
}

TEST(DynamicAnswer, HoldsTheKeysOfCryptosign) {
    const std::string key = crypto::to_hex(crypto::public_key_of(logins::seed));
    EXPECT_EQ(read(Dict{{"role", "r"}, {"pubkey", key}}, Method::cryptosign)->cryptosign.size(),
              1U);
    EXPECT_NE(read(Dict{{"role", "r"}, {"authorized_keys", List{key}}}, Method::cryptosign),
              nullptr);
    EXPECT_EQ(read(Dict{{"role", "r"}, {"authorized_keys", List{}}}, Method::cryptosign), nullptr);
    EXPECT_EQ(read(Dict{{"role", "r"}, {"authorized_keys", List{key, 7}}}, Method::cryptosign),
              nullptr);
    EXPECT_EQ(
        read(Dict{{"role", "r"}, {"pubkey", "01" + std::string(62, '0')}}, Method::cryptosign),
        nullptr);  // W-AUT-C4
    const auto named =
        read(Dict{{"role", "r"}, {"pubkey", key}, {"authid", "ann"}}, Method::cryptosign, "");
    ASSERT_NE(named, nullptr);
    EXPECT_EQ(named->authid, "ann");
}

}  // namespace
}  // namespace sallyport::policy
