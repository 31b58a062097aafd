#include "policy/auth/principals.h"

#include <gtest/gtest.h>

#include "wamp/base/base64.h"

namespace sallyport::policy {
namespace {

const std::string salt(32, 'a');
const std::string hash = "sha256$" + salt + "$" + std::string(64, '0');

std::string one(const std::string& authid, const std::string& ticket) {
    return "[[principal]]\nauthid = \"" + authid + "\"\nrole = \"operator\"\nticket = \"" + ticket +
           "\"\n";
}

std::string errors_of(const std::string& text) {
    Diagnostics diagnostics;
    parse_principals(text, "p", diagnostics);
    std::string all;
    for (const Diagnostic& diagnostic : diagnostics) all += to_string(diagnostic) + "\n";
    return all;
}

TEST(Principals, AreReadWithTheirHashes) {
    Diagnostics diagnostics;
    const auto principals =
        parse_principals(one("alice", hash) + one("bob", hash), "p", diagnostics).list;
    EXPECT_TRUE(diagnostics.empty());
    ASSERT_EQ(principals.size(), 2U);
    EXPECT_EQ(principals[0].authid, "alice");
    EXPECT_EQ(principals[1].role, "operator");
    EXPECT_EQ(crypto::to_string(principals[1].ticket.value()), hash);
    EXPECT_EQ(principals[1].place, (Place{"p", 5, 1}));
}

TEST(Principals, AreRefusedWhenTwoHaveOneAuthid) {
    EXPECT_EQ(errors_of(one("alice", hash) + one("alice", hash)),
              "p:6:10: error: the authid \"alice\" is already in use (remove one of the two "
              "principals)\n");
}

TEST(Principals, NeverShowATicketThatStandsThereInPlainText) {
    const std::string errors = errors_of(one("alice", "my secret ticket"));
    EXPECT_EQ(errors.find("secret"), std::string::npos);
    EXPECT_EQ(errors,
              "p:4:10: error: the ticket is not stored as a hash (create a new one with: sallyport "
              "principal rotate)\n");
}

TEST(Principals, HaveAuthidsUpToTheirLimit) {  // W-AUT-06
    EXPECT_EQ(errors_of(one(std::string(authid_bytes_max, 'a'), hash)), "");
    EXPECT_NE(errors_of(one(std::string(authid_bytes_max + 1, 'a'), hash)), "");
    EXPECT_NE(errors_of(one("", hash)), "");
}

TEST(Principals, NeedEachPart) {
    EXPECT_EQ(errors_of("[[principal]]\n"),
              "p:1:1: error: [[principal]] has no \"authid\" (add authid = \"alice\")\n"
              "p:1:1: error: [[principal]] has no \"role\" (add role = \"operator\")\n"
              "p:1:1: error: [[principal]] has no secret and no key, so nobody can log in as it "
              "(add one with: sallyport principal add, or remove the principal)\n");
    EXPECT_NE(errors_of("[[principals]]\n"), "");
}

const std::string digits(64, 'b');
const std::string key = crypto::to_hex(crypto::public_key_of(crypto::SigningSeed{1}));

std::string having(const std::string& lines) {
    return "[[principal]]\nauthid = \"a\"\nrole = \"r\"\n" + lines;
}

std::string scram(const std::string& kdf, const std::string& costs) {
    return "{ kdf = \"" + kdf + "\", salt = \"MDEyMzQ1Njc=\", " + costs + ", stored_key = \"" +
           digits + "\", server_key = \"" + digits + "\" }\n";
}

TEST(Principals, AreReadWithAllThatProvesThem) {
    Diagnostics diagnostics;
    const auto read = parse_principals(
        "decoy_key = \"" + digits + "\"\nrouter_key = \"" + digits + "\"\n" +
            having("disabled = true\nwampcra = { key = \"" + wamp::to_base64(std::string(16, 'k')) +
                   "\", salt = \"s\", iterations = 1000, keylen = 16 }\nwamp-scram = " +
                   scram("argon2id13", "iterations = 3, memory = 1024") +
                   "scram = " + scram("argon2id-13", "iterations = 2, memory = 8") +
                   "cryptosign = \"" + key + "\"\n"),
        "p", diagnostics);
    for (const auto& diagnostic : diagnostics) ADD_FAILURE() << to_string(diagnostic);
    EXPECT_EQ(crypto::to_hex(read.decoy_key.value()), digits);
    EXPECT_EQ(crypto::to_hex(read.router_key.value()), digits);
    ASSERT_EQ(read.list.size(), 1U);
    const Credentials& one = read.list.front();
    EXPECT_TRUE(one.disabled);
    EXPECT_EQ(one.wampcra, (CraCredential{wamp::to_base64(std::string(16, 'k')), "s", 1000, 16}));
    crypto::ScramKeys keys;
    keys.stored.fill(0xBB);
    keys.server.fill(0xBB);
    EXPECT_EQ(one.wamp_scram,
              (ScramCredential{{crypto::Kdf::argon2id, "01234567", 3, 1024}, keys}));
    EXPECT_EQ(one.scram, (ScramCredential{{crypto::Kdf::argon2id, "01234567", 2, 8}, keys}));
    EXPECT_EQ(one.cryptosign, std::vector{crypto::public_key_of(crypto::SigningSeed{1})});
    EXPECT_FALSE(one.ticket);
    EXPECT_EQ(errors_of(having("wampcra = { secret = \"s\" }\n")), "");
    EXPECT_EQ(errors_of(having("wamp-scram = " + scram("pbkdf2", "iterations = 4096"))), "");
}

TEST(Principals, AreToldWhatIsWrongWithThem) {
    const std::string rotate = " (create a new one with: sallyport principal rotate)\n";
    const std::vector<std::pair<std::string, std::string>> cases{
        {"ticket = \"pbkdf2-sha256$200000$00$00\"\n",
         "p:4:10: error: the ticket costs 200000 iterations per attempt, which would delay every "
         "login (use at most 100000, or a generated ticket, which needs none)\n"},
        {"wampcra = { secret = \"\" }\n",
         "p:4:22: error: \"secret\" must be a string of 1 to 1024 bytes" + rotate},
        {"wampcra = { secret = \"x\", salt = \"s\" }\n",
         "p:4:27: error: \"salt\" is only for a derived key, not for a secret (remove it, or "
         "remove "
         "\"secret\")\n"},
        {"wampcra = { key = \"c2VjcmV0\", salt = \"s\", iterations = 1, keylen = 32 }\n",
         "p:4:19: error: \"key\" is not the base64 encoding of \"keylen\" bytes" + rotate},
        {"wampcra = { key = \"" + wamp::to_base64(std::string(16, 'k')) +
             "\", salt = \"s\", iterations = 0, keylen = 16 }\n",
         "p:4:72: error: \"iterations\" is out of range (write a number from 1 to 1000000, the "
         "value with which the keys were derived)\n"},
        {"wamp-scram = " + scram("argon2id-13", "iterations = 1, memory = 8"),
         "p:4:22: error: \"argon2id-13\" is not a key derivation function of this method (write "
         "\"argon2id13\" or "
         "\"pbkdf2\", the value with which the keys were derived)\n"},
        {"scram = " + scram("pbkdf2", "iterations = 4096"),
         "p:4:17: error: \"pbkdf2\" is not supported by any client of this method (write "
         "\"argon2id-13\", the value with which the keys were derived)\n"},
        {"wamp-scram = " + scram("pbkdf2", "iterations = 4096, memory = 8"),
         "p:4:74: error: \"memory\" is only for argon2id, not for pbkdf2 (remove it)\n"},
        {"cryptosign = [\"abc\"]\n",
         "p:4:15: error: a public key has 64 hexadecimal digits (copy the key that the client "
         "shows, or use: "
         "sallyport principal add --key)\n"},
        {"cryptosign = [\"01" + std::string(62, '0') + "\"]\n",
         "p:4:15: error: anybody can forge signatures for this public key (generate a new key "
         "pair; this one is not random)\n"},
        {"cryptosign = [\"" + key + "\", \"" + key + "\"]\n",
         "p:4:83: error: the public key appears twice in the list (remove one of the two)\n"},
        {"wampcra = \"my secret\"\n",
         "p:4:11: error: \"wampcra\" is a string, expected a table (write wampcra = { secret = "
         "\"…\" "
         "})\n"},
        {"tickets = \"my secret\"\n", ""},
    };
    for (const auto& [lines, due] : cases) {
        const std::string errors = errors_of(having(lines));
        if (!due.empty()) {
            EXPECT_EQ(errors, due);
        }
        EXPECT_NE(errors, "") << lines;
        EXPECT_EQ(errors.find("my secret"), std::string::npos) << errors;
    }
    EXPECT_EQ(errors_of("decoy_key = \"abc\"\n"),
              "p:1:13: error: \"decoy_key\" does not have 64 hexadecimal digits (generate one "
              "with: openssl "
              "rand -hex 32)\n");
}

}  // namespace
}  // namespace sallyport::policy
