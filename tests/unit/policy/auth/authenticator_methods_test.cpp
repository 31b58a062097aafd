// Every method with a secret, as both sides play it.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/policy/logins.h"
#include "tests/vectors/vectors.h"
#include "wamp/base/base64.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

using logins::answer_to;
using logins::Desk;
using logins::everything;
using logins::extra_for;
using logins::hello;
using logins::secret;
using logins::with_secrets;
using wamp::Dict;
namespace uris = wamp::uris;

constexpr crypto::SigningSeed strangers_seed{66};

// alice and bobby may use everything; carol is disabled; dave has a ticket alone.
Desk desk_of(bool router_key = false) {
    Principals principals;
    principals.list.push_back(everything("alice", "operator"));
    principals.list.push_back(everything("bobby", "guest"));
    principals.list.push_back(everything("carol", "guest"));
    principals.list.back().disabled = true;
    Credentials dave;
    dave.authid = "dave";
    dave.role = "guest";
    dave.ticket = principals.list.front().ticket;
    principals.list.push_back(dave);
    if (router_key) principals.router_key = crypto::SigningSeed{8};
    return Desk({}, principals);
}

Authenticator::Challenged challenge(Desk& desk, Method method, const std::string& authid,
                                    const crypto::SigningSeed& own = logins::seed) {
    auto step = desk.open(hello({std::string(to_string(method))}, authid, extra_for(method, own)));
    EXPECT_TRUE(std::holds_alternative<Authenticator::Challenged>(step)) << authid;
    return std::get<Authenticator::Challenged>(step);
}

TEST(Methods, LetInWhoHasTheSecret) {
    Desk desk = desk_of();
    for (const Method method : with_secrets) {
        const std::string name(to_string(method));
        EXPECT_EQ(desk.login(method, "alice", secret), "alice/operator/" + name);
        EXPECT_EQ(desk.login(method, "bobby", secret), "bobby/guest/" + name);
    }
}

TEST(Methods, RefuseAllOthersInOneWay) {  // W-AUT-04
    Desk desk = desk_of();
    for (const Method method : with_secrets) {
        SCOPED_TRACE(to_string(method));
        EXPECT_EQ(desk.login(method, "alice", "wrong", strangers_seed),
                  uris::authentication_denied);
        for (const char* authid : {"carol", "mallory", "alice ", "Alice"})
            EXPECT_EQ(desk.login(method, authid, secret), uris::authentication_denied) << authid;
        if (method != Method::ticket) {
            EXPECT_EQ(desk.login(method, "dave", secret), uris::authentication_denied);
        }
    }
}

TEST(Methods, ExplainRefusalsToTheLogAlone) {
    Desk desk = desk_of();
    const auto why = [&desk](Method method, const std::string& authid) {
        auto challenged = challenge(desk, method, authid, strangers_seed);
        const auto answer = answer_to(method, authid, challenged.extra, "wrong", strangers_seed);
        return Desk::why(desk.verify(std::move(challenged.attempt), answer));
    };
    EXPECT_EQ(why(Method::ticket, "alice"), "wrong ticket");
    EXPECT_EQ(why(Method::wampcra, "alice"), "wrong secret");
    EXPECT_EQ(why(Method::scram, "alice"), "wrong proof");
    EXPECT_EQ(why(Method::cryptosign, "alice"), "not a key of the principal");
    EXPECT_EQ(why(Method::wampcra, "carol"), "the principal is disabled");
    EXPECT_EQ(why(Method::wampcra, "dave"), "the principal has no credential for this method");
    EXPECT_EQ(why(Method::wampcra, "mallory"), "no such principal");
}

TEST(Methods, TakeAnAnswerForNoOtherChallenge) {  // W-AUT-05
    Desk desk = desk_of();
    for (const Method method : with_secrets) {
        if (method == Method::ticket) continue;  // is replayable, by its nature (W-AUT-T1)
        const auto first = challenge(desk, method, "alice");
        auto second = challenge(desk, method, "alice");
        EXPECT_NE(first.extra, second.extra) << to_string(method);
        const auto answer = answer_to(method, "alice", first.extra, secret);
        const auto step = desk.verify(std::move(second.attempt), answer);
        EXPECT_EQ(Desk::words(step), uris::authentication_denied) << to_string(method);
    }
}

TEST(Methods, ChallengeUnknownOnesWithTheSameShape) {  // W-AUT-S4
    Desk desk = desk_of();
    const auto names = [](const Dict& dict) {
        std::vector<std::string> all;
        for (const auto& entry : dict) all.push_back(entry.first);
        return all;
    };
    for (const Method method : with_secrets) {
        const Dict real = challenge(desk, method, "alice").extra;
        for (const char* authid : {"carol", "dave", "mallory"}) {
            const Dict made = challenge(desk, method, authid).extra;
            EXPECT_EQ(names(made), names(real));
            for (const char* key : {"iterations", "keylen", "memory"})
                EXPECT_EQ(made.get_uint(key, 0), real.get_uint(key, 0)) << authid;
            EXPECT_EQ(made.get_string("kdf"), real.get_string("kdf"));
            EXPECT_EQ(made.get_string("salt").empty(), real.get_string("salt").empty());
            // And one authid gets one salt, as if it were stored.
            EXPECT_EQ(made.get_string("salt"),
                      challenge(desk, method, authid).extra.get_string("salt"));
        }
        const auto mallory = challenge(desk, method, "mallory").extra;
        const auto trudy = challenge(desk, method, "trudy").extra;
        if (!mallory.get_string("salt").empty()) {
            EXPECT_NE(mallory.get_string("salt"), trudy.get_string("salt"));
        }
    }
}

// architecture: Promises 4
TEST(WampCraLogin, ShowsTheSessionAndNeitherRoleNorTime) {  // W-AUT-W1, W-AUT-W3
    Desk desk = desk_of();
    const auto challenged = challenge(desk, Method::wampcra, "alice");
    const auto said = nlohmann::json::parse(challenged.extra.get_string("challenge"));
    EXPECT_EQ(said.at("authid"), "alice");
    EXPECT_EQ(said.at("authmethod"), "wampcra");
    EXPECT_EQ(said.at("authprovider"), "static");
    EXPECT_EQ(said.at("session"), 4711);
    EXPECT_EQ(said.at("timestamp"), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(said.at("authrole"), "");
    EXPECT_GE(said.at("nonce").get<std::string>().size(), 40U);
}

TEST(WampCraLogin, WorksWithoutSalt) {  // W-AUT-W2
    Principals principals;
    Credentials alice;
    alice.authid = "alice";
    alice.role = "operator";
    alice.wampcra = CraCredential{secret, "", 0, 0};
    principals.list.push_back(alice);
    Desk desk({}, principals);
    EXPECT_EQ(desk.login(Method::wampcra, "alice", secret), "alice/operator/wampcra");
    EXPECT_EQ(challenge(desk, Method::wampcra, "alice").extra.size(), 1U);
    EXPECT_EQ(challenge(desk, Method::wampcra, "mallory").extra.size(), 1U);
}

TEST(ScramLogin, ProvesTheServerToTheClient) {  // W-AUT-S1, W-AUT-S5
    Desk desk = desk_of();
    for (const Method method : {Method::wamp_scram, Method::scram}) {
        auto challenged = challenge(desk, method, "alice");
        const std::string nonce(challenged.extra.get_string("nonce"));
        const std::string own(extra_for(method).get_string("nonce"));
        const auto costs = challenged.attempt.costs;
        const auto answer = answer_to(method, "alice", challenged.extra, secret);
        const auto step = desk.verify(std::move(challenged.attempt), answer);
        const auto& extra = std::get<Authenticator::Admitted>(step).authextra;
        const auto dialect = dialect_of(method);
        const auto keys = crypto::scram_keys(*crypto::salted_password(dialect, costs, secret));
        const auto due = wamp::to_base64(crypto::server_signature(
            keys, crypto::auth_message(dialect, {"alice", own, nonce, "", ""}, costs)));
        const bool specified = method == Method::wamp_scram;
        EXPECT_EQ(extra.get_string(specified ? "verifier" : "scram_server_signature"), due);
        EXPECT_EQ(extra.size(), 1U);
        if (specified) {
            EXPECT_TRUE(nonce.starts_with(own));
        } else {
            EXPECT_TRUE(wamp::from_base64(nonce)->starts_with(*wamp::from_base64(own)));
        }
    }
}

TEST(ScramLogin, RefusesAHelloThatItCannotServe) {  // W-AUT-S1
    Desk desk = desk_of();
    const auto opened = [&desk](Dict extra) {
        return Desk::words(desk.open(hello({"wamp-scram"}, "alice", std::move(extra))));
    };
    EXPECT_EQ(opened({{"nonce", "AAAA"}}), "challenge wamp-scram");
    EXPECT_EQ(opened({{"nonce", "AAAA"}, {"channel_binding", nullptr}}), "challenge wamp-scram");
    EXPECT_EQ(opened({{"nonce", "AAAA"}, {"channel_binding", "tls-unique"}}),
              uris::authentication_denied);
    EXPECT_EQ(opened({}), uris::authentication_denied);
    EXPECT_EQ(opened({{"nonce", ""}}), uris::authentication_denied);
    EXPECT_EQ(opened({{"nonce", "not base64,r=evil"}}), uris::authentication_denied);
    EXPECT_EQ(opened({{"nonce", std::string(256, 'A')}}), "challenge wamp-scram");
    EXPECT_EQ(opened({{"nonce", std::string(260, 'A')}}), uris::authentication_denied);
    EXPECT_EQ(opened({{"nonce", 7}}), uris::authentication_denied);
}

TEST(ScramLogin, HoldsTheClientToItsNonceAndBinding) {  // W-AUT-S3
    Desk desk = desk_of();
    const auto with = [&desk](const char* key, wamp::Value value) {
        auto challenged = challenge(desk, Method::wamp_scram, "alice");
        auto answer = answer_to(Method::wamp_scram, "alice", challenged.extra, secret);
        answer.extra.set(key, std::move(value));
        return Desk::words(desk.verify(std::move(challenged.attempt), answer));
    };
    EXPECT_EQ(with("other", 1), "alice/operator/wamp-scram");
    EXPECT_EQ(with("nonce", "AAAA"), uris::authentication_denied);
    EXPECT_EQ(with("nonce", nullptr), uris::authentication_denied);
    EXPECT_EQ(with("channel_binding", "tls-unique"), uris::authentication_denied);
    EXPECT_EQ(with("cbind_data", "AAAA"), uris::authentication_denied);
}

// W-AUT-C2, W-AUT-C3, W-AUT-C4, W-SEC-13, W-VEC-05
TEST(CryptosignLogin, RefusesWhatTheVectorsRefuse) {
    for (const auto& vector : vectors::load("auth-vectors.json", "cryptosign_reject")) {
        const auto key = *crypto::parse_public_key(vector.at("public_key").get<std::string>());
        Principals principals;
        Credentials alice;
        alice.authid = "alice";
        alice.role = "operator";
        alice.cryptosign = {key};
        principals.list.push_back(alice);
        Desk desk({}, principals);
        auto step = desk.open(hello({"cryptosign"}, "alice",
                                    {{"pubkey", vector.at("public_key").get<std::string>()}}));
        auto attempt = std::get<Authenticator::Challenged>(step).attempt;
        attempt.expected = vectors::unhex(vector.at("challenge_sent").get<std::string>());
        step = desk.verify(std::move(attempt),
                           {vector.at("authenticate_signature").get<std::string>(), {}});
        EXPECT_EQ(Desk::words(step), vector.at("expect") == "accept"
                                         ? "alice/operator/cryptosign"
                                         : std::string(uris::authentication_denied))
            << vector.at("name");
    }
}

TEST(CryptosignLogin, RefusesAHelloThatItCannotServe) {  // W-AUT-C1, W-AUT-C5, W-AUT-C7, W-AUT-C10
    Desk desk = desk_of();
    const auto opened = [&desk](const char* key, wamp::Value value) {
        Dict extra = extra_for(Method::cryptosign);
        extra.set(key, std::move(value));
        return Desk::words(desk.open(hello({"cryptosign"}, "alice", std::move(extra))));
    };
    EXPECT_EQ(opened("other", 1), "challenge cryptosign");
    EXPECT_EQ(opened("pubkey", nullptr), uris::authentication_denied);
    EXPECT_EQ(opened("pubkey", "ab"), uris::authentication_denied);
    EXPECT_EQ(opened("channel_binding", "tls-unique"), uris::authentication_denied);
    EXPECT_EQ(opened("trustroot", "0xf766"), uris::authentication_denied);
    EXPECT_EQ(opened("certificates", wamp::List{}), uris::authentication_denied);
    EXPECT_EQ(opened("challenge", "ab"), uris::authentication_denied);
    EXPECT_EQ(opened("challenge", 7), uris::authentication_denied);
}

TEST(CryptosignLogin, FindsTheOwnerOfAKey) {  // W-AUT-C1
    Desk desk = desk_of();
    crypto::SigningSeed own = logins::seed;
    own[31] = 5;  // alice's, bobby's and carol's second key: their names have five letters
    EXPECT_EQ(desk.login(Method::cryptosign, "", "", own), uris::authentication_denied);
    Principals principals;
    principals.list.push_back(everything("alice", "operator"));
    principals.list.push_back(everything("al", "guest"));
    Desk other({}, principals);
    EXPECT_EQ(other.login(Method::cryptosign, "", "", own), "alice/operator/cryptosign");
    own[31] = 2;
    EXPECT_EQ(other.login(Method::cryptosign, "", "", own), "al/guest/cryptosign");
    EXPECT_EQ(other.login(Method::cryptosign, "", "", logins::seed), uris::authentication_denied);
    EXPECT_EQ(other.login(Method::cryptosign, "", "", strangers_seed), uris::authentication_denied);
    EXPECT_EQ(other.login(Method::cryptosign, "alice", "", own), uris::authentication_denied);
}

TEST(CryptosignLogin, ProvesTheRouterWhereItHasAKey) {  // W-AUT-C6, W-SEC-24
    const std::string asked(32, 'c');
    const auto extra_of = [&asked](bool router_key) {
        Desk desk = desk_of(router_key);
        Dict extra = extra_for(Method::cryptosign);
        extra.set("challenge", crypto::to_hex(asked));
        auto step = desk.open(hello({"cryptosign"}, "alice", extra));
        return std::get<Authenticator::Challenged>(step).extra;
    };
    const Dict plain = extra_of(false);
    EXPECT_EQ(plain.size(), 1U);
    const Dict proven = extra_of(true);
    const auto key = crypto::parse_public_key(proven.get_string("pubkey"));
    EXPECT_EQ(key, crypto::public_key_of(crypto::SigningSeed{8}));
    const std::string bytes = *crypto::from_hex(proven.get_string("signature"));
    ASSERT_EQ(bytes.size(), 96U);
    crypto::Signature signature{};
    std::transform(bytes.begin(), bytes.begin() + 64, signature.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    EXPECT_TRUE(crypto::verify(*key, bytes.substr(64), signature));
    EXPECT_EQ(bytes.substr(64), asked);
    Desk unasked = desk_of(true);
    EXPECT_EQ(challenge(unasked, Method::cryptosign, "alice").extra.size(), 1U);
}

}  // namespace
}  // namespace sallyport::policy
