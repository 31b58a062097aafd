#include "policy/crypto/scram.h"

#include <gtest/gtest.h>

#include "tests/vectors/vectors.h"
#include "wamp/base/base64.h"

namespace sallyport::policy::crypto {
namespace {

using nlohmann::json;
constexpr auto specification = ScramDialect::specification;
constexpr auto autobahn = ScramDialect::autobahn;

std::string text(const json& value) {
    return value.get<std::string>();
}

ScramCosts costs_of(const json& vector, ScramDialect dialect) {
    ScramCosts costs;
    costs.kdf = *parse_kdf(text(vector.at("kdf")), dialect);
    costs.iterations = vector.at("iterations");
    if (vector.contains("memory") && !vector.at("memory").is_null())
        costs.memory_kib = vector.at("memory");
    costs.salt = vector.contains("salt_hex") ? vectors::unhex(text(vector.at("salt_hex")))
                                             : *wamp::from_base64(text(vector.at("salt")));
    return costs;
}

ScramExchange exchange_of(const json& vector) {
    ScramExchange exchange{text(vector.at("authid")), text(vector.at("client_nonce")),
                           text(vector.at("nonce")), "", ""};
    if (vector.contains("channel_binding") && !vector.at("channel_binding").is_null()) {
        exchange.channel_binding = text(vector.at("channel_binding"));
        exchange.binding_bytes = *wamp::from_base64(text(vector.at("cbind_data")));
    }
    return exchange;
}

void expect_exchange(const json& vector, ScramDialect dialect) {
    const ScramCosts costs = costs_of(vector, dialect);
    const auto salted = salted_password(dialect, costs, text(vector.at("password")));
    ASSERT_TRUE(salted);
    const ScramKeys keys = scram_keys(*salted);
    EXPECT_EQ(to_hex(keys.stored), text(vector.at("stored_key")));
    EXPECT_EQ(to_hex(keys.server), text(vector.at("server_key")));
    const std::string message = auth_message(dialect, exchange_of(vector), costs);
    EXPECT_EQ(message, text(vector.at("auth_message")));
    EXPECT_EQ(wamp::to_base64(client_proof(*salted, message)), text(vector.at("client_proof")));
    EXPECT_EQ(wamp::to_base64(server_signature(keys, message)),
              text(vector.at("server_signature")));
    const std::string proof = *wamp::from_base64(text(vector.at("client_proof")));
    EXPECT_TRUE(verify_proof(keys, message, proof));
    EXPECT_FALSE(verify_proof(keys, message + " ", proof));
    EXPECT_FALSE(verify_proof(keys, message, proof.substr(1)));
    EXPECT_FALSE(verify_proof(keys, message, proof + "x"));
    EXPECT_FALSE(verify_proof(keys, message, ""));
}

TEST(Scram, ExchangesAsTheSpecificationHasIt) {  // W-AUT-S2, W-VEC-05
    for (const json& vector : vectors::load("auth-vectors.json", "wamp_scram")) {
        SCOPED_TRACE(text(vector.at("source")));
        expect_exchange(vector, specification);
    }
}

TEST(Scram, ExchangesAsAutobahnHasIt) {  // W-AUT-S5, W-VEC-05
    int seen = 0;
    for (const json& vector : vectors::load("auth-vectors.json", "scram_autobahn_dialect")) {
        if (vector.at("kind") == "exchange") {
            ++seen;
            expect_exchange(vector, autobahn);
            EXPECT_EQ(
                salted_password(autobahn, costs_of(vector, autobahn), text(vector.at("password"))),
                text(vector.at("salted_password")));
        } else if (vector.at("kind") == "credential") {
            ++seen;
            const auto salted =
                salted_password(autobahn, costs_of(vector, autobahn), text(vector.at("password")));
            ASSERT_TRUE(salted);
            EXPECT_EQ(to_hex(scram_keys(*salted).stored), text(vector.at("stored_key")));
            EXPECT_EQ(to_hex(scram_keys(*salted).server), text(vector.at("server_key")));
        }
    }
    EXPECT_EQ(seen, 3);
}

TEST(Scram, KeepsItsDialectsApart) {  // W-AUT-S5
    const ScramCosts costs{Kdf::argon2id, "8 bytes.", 1, 8};
    EXPECT_NE(salted_password(specification, costs, "p"), salted_password(autobahn, costs, "p"));
    EXPECT_EQ(parse_kdf("argon2id13", specification), Kdf::argon2id);
    EXPECT_EQ(parse_kdf("argon2id13", autobahn), std::nullopt);
    EXPECT_EQ(parse_kdf("argon2id-13", autobahn), Kdf::argon2id);
    EXPECT_EQ(parse_kdf("argon2id-13", specification), std::nullopt);
    EXPECT_EQ(parse_kdf("pbkdf2", specification), Kdf::pbkdf2);
    EXPECT_EQ(parse_kdf("", specification), std::nullopt);
}

TEST(Scram, RefusesCostsOutOfRange) {
    const auto can = [](ScramCosts costs) {
        return salted_password(specification, costs, "p").has_value();
    };
    const std::string salt(scram_salt_bytes_min, 's');
    EXPECT_TRUE(can({Kdf::argon2id, salt, 1, 8}));
    EXPECT_FALSE(can({Kdf::argon2id, salt, 0, 8}));
    EXPECT_FALSE(can({Kdf::argon2id, salt, scram_argon2_iterations_max + 1, 8}));
    EXPECT_FALSE(can({Kdf::argon2id, salt, 1, 7}));
    EXPECT_FALSE(can({Kdf::argon2id, salt, 1, scram_argon2_memory_kib_max + 1}));
    EXPECT_FALSE(can({Kdf::argon2id, salt.substr(1), 1, 8}));
    EXPECT_FALSE(can({Kdf::argon2id, std::string(scram_salt_bytes_max + 1, 's'), 1, 8}));
    EXPECT_TRUE(can({Kdf::pbkdf2, salt, 4096, 0}));
    EXPECT_FALSE(can({Kdf::pbkdf2, salt, 4095, 0}));
    EXPECT_FALSE(can({Kdf::pbkdf2, salt, scram_pbkdf2_iterations_max + 1, 0}));
}

}  // namespace
}  // namespace sallyport::policy::crypto
