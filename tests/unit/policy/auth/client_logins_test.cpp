#include "policy/auth/client_logins.h"

#include <gtest/gtest.h>

#include "policy/crypto/ed25519.h"
#include "policy/crypto/scram.h"
#include "policy/crypto/wampcra.h"
#include "wamp/base/base64.h"

namespace sallyport::policy {
namespace {

std::shared_ptr<wamp::ClientLogin> login(std::string_view method, const std::string& secret) {
    auto made = make_client_login(method, "gateway", secret, wamp::Random({3}));
    EXPECT_FALSE(made.has_error());
    return *made;
}

TEST(ClientLogins, SendATicketAsItIs) {
    EXPECT_EQ(login("ticket", "a ticket")->answer({"ticket", {}})->signature, "a ticket");
}

TEST(ClientLogins, SignTheChallengeOfWampcra) {
    const auto cra = login("wampcra", "secret");
    EXPECT_EQ(cra->answer({"wampcra", {{"challenge", "text"}}})->signature,
              crypto::sign_cra("secret", "text"));
    EXPECT_EQ(cra->answer({"wampcra",
                           {{"challenge", "text"},
                            {"salt", "salt"},
                            {"iterations", std::uint64_t{100}},
                            {"keylen", std::uint64_t{32}}}})
                  ->signature,
              crypto::sign_cra(crypto::derive_cra_key("secret", "salt", 100, 32), "text"));
    EXPECT_FALSE(cra->answer({"wampcra", {}}));
    EXPECT_FALSE(cra->answer({"wampcra",
                              {{"challenge", "text"},
                               {"salt", "salt"},
                               {"iterations", std::uint64_t{crypto::cra_iterations_max} + 1}}}))
        << "it would keep us busy";
}

TEST(ClientLogins, SignTheChallengeOfCryptosign) {
    const std::string seed(64, '1');
    const auto sign = login("cryptosign", seed);
    const std::string challenge(64, 'a');
    const auto answer = sign->answer({"cryptosign", {{"challenge", challenge}}});
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->signature.size(), 192U);
    EXPECT_TRUE(answer->signature.ends_with(challenge));
    const auto key = crypto::parse_public_key(sign->begin().get_string("pubkey"));
    const auto bytes = *crypto::from_hex(answer->signature.substr(0, 128));
    crypto::Signature signature{};
    for (std::size_t i = 0; i < signature.size(); ++i)
        signature[i] = static_cast<std::uint8_t>(bytes[i]);
    EXPECT_TRUE(crypto::verify(*key, *crypto::from_hex(challenge), signature));
    EXPECT_FALSE(sign->answer({"cryptosign", {{"challenge", "abcd"}}}));
    EXPECT_TRUE(make_client_login("cryptosign", "", "no key", wamp::Random({3})).has_error());
}

class ScramLogins : public testing::TestWithParam<crypto::ScramDialect> {};

/// Both ends know the password, and each proves it to the other.
TEST_P(ScramLogins, ProveThePasswordAndDemandTheSame) {
    const bool specified = GetParam() == crypto::ScramDialect::specification;
    const auto scram = login(specified ? "wamp-scram" : "scram", "password");
    const std::string nonce(scram->begin().get_string("nonce"));
    const std::string more = "0123456789abcdef";
    const std::string both =
        specified ? nonce + wamp::to_base64(std::string_view(more))
                  : wamp::to_base64(std::string_view(*wamp::from_base64(nonce) + more));
    const crypto::ScramCosts costs{crypto::Kdf::pbkdf2, "saltsaltsalt", 4096, 0};
    wamp::Dict extra{{"nonce", both},
                     {"salt", wamp::to_base64(std::string_view(costs.salt))},
                     {"kdf", "pbkdf2"},
                     {"iterations", std::uint64_t{4096}}};
    EXPECT_FALSE(scram->accepts({1, {}})) << "nobody has proved anything yet";
    const auto answer = scram->answer({std::string(scram->method()), extra});
    ASSERT_TRUE(answer);
    const auto keys = crypto::scram_keys(*crypto::salted_password(GetParam(), costs, "password"));
    const std::string message =
        crypto::auth_message(GetParam(), {"gateway", nonce, both, "", ""}, costs);
    EXPECT_TRUE(crypto::verify_proof(keys, message, *wamp::from_base64(answer->signature)));
    const std::string key = specified ? "verifier" : "scram_server_signature";
    const auto welcome = [&](const std::string& text) {
        return wamp::Welcome{1, {{"authextra", wamp::Dict{{key, text}}}}};
    };
    EXPECT_TRUE(scram->accepts(welcome(wamp::to_base64(crypto::server_signature(keys, message)))));
    EXPECT_FALSE(scram->accepts(welcome("AAAA")));
    EXPECT_FALSE(scram->accepts({1, {}}));
    extra.set("nonce", wamp::to_base64(std::string_view(more)));
    EXPECT_FALSE(scram->answer({std::string(scram->method()), extra}))
        << "not the nonce of this attempt";
}

INSTANTIATE_TEST_SUITE_P(Dialects, ScramLogins,
                         testing::Values(crypto::ScramDialect::specification,
                                         crypto::ScramDialect::autobahn));

}  // namespace
}  // namespace sallyport::policy
