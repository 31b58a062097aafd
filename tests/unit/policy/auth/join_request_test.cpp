#include "policy/auth/join_request.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/logins.h"

namespace sallyport::policy {
namespace {

std::string why(const wamp::Hello& hello, Method method) {
    const auto request = read_request(hello, method);
    const auto* const text = std::get_if<std::string_view>(&request);
    return text == nullptr ? "" : std::string(*text);
}

TEST(JoinRequest, HoldsWhatTheMethodNeeds) {
    for (const Method method : logins::with_secrets) {
        const auto read =
            read_request(logins::hello({}, "alice", logins::extra_for(method)), method);
        const auto& request = std::get<JoinRequest>(read);
        EXPECT_EQ(request.method, method);
        EXPECT_EQ(request.realm, "r");
        EXPECT_EQ(request.authid, "alice");
        const bool scram = method == Method::scram || method == Method::wamp_scram;
        EXPECT_EQ(request.client_nonce.empty(), !scram);
        EXPECT_EQ(request.key == crypto::PublicKey{}, method != Method::cryptosign);
    }
}

TEST(JoinRequest, IgnoresTheNameOfAnAnonymousClient) {  // W-AUT-A1
    const auto read = read_request(logins::hello({}, "root"), Method::anonymous);
    EXPECT_EQ(std::get<JoinRequest>(read).authid, "");
}

TEST(JoinRequest, IsRefusedBeyondItsLimits) {
    EXPECT_EQ(why(logins::hello({}, std::string(authid_bytes_max, 'a')), Method::ticket), "");
    EXPECT_EQ(why(logins::hello({}, std::string(authid_bytes_max + 1, 'a')), Method::ticket),
              "the authid is too long");  // W-AUT-06
    const auto nonce = [](std::size_t size) {
        return logins::hello({}, "a", {{"nonce", std::string(size, 'A')}});
    };
    EXPECT_EQ(why(nonce(client_nonce_text_max), Method::scram), "");
    EXPECT_NE(why(nonce(client_nonce_text_max + 4), Method::scram), "");
    EXPECT_NE(why(logins::hello({}, "a"), Method::wamp_scram), "");
    EXPECT_NE(why(logins::hello({}, "a"), Method::cryptosign), "");
}

TEST(JoinRequest, CutsAProofThatIsTooLongToBeOne) {
    const Proof proof = read_proof({std::string(1 << 20, 'x'), {{"nonce", std::string(999, 'n')}}});
    EXPECT_EQ(proof.signature.size(), crypto::ticket_bytes_max + 1);
    EXPECT_EQ(proof.nonce.size(), Proof::nonce_bytes_max);
    EXPECT_TRUE(proof.plain);
    EXPECT_FALSE(read_proof({"", {{"channel_binding", "tls-unique"}}}).plain);
    EXPECT_FALSE(read_proof({"", {{"cbind_data", "x"}}}).plain);
    EXPECT_TRUE(read_proof({"", {{"cbind_data", nullptr}}}).plain);
}

}  // namespace
}  // namespace sallyport::policy
