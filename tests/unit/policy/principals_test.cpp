#include "policy/principals.h"

#include <gtest/gtest.h>

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
        parse_principals(one("alice", hash) + one("bob", hash), "p", diagnostics);
    EXPECT_TRUE(diagnostics.empty());
    ASSERT_EQ(principals.size(), 2U);
    EXPECT_EQ(principals[0].authid, "alice");
    EXPECT_EQ(principals[1].role, "operator");
    EXPECT_EQ(crypto::to_string(principals[1].ticket), hash);
    EXPECT_EQ(principals[1].place, (Place{"p", 5, 1}));
}

TEST(Principals, AreRefusedWhenTwoHaveOneAuthid) {
    EXPECT_EQ(errors_of(one("alice", hash) + one("alice", hash)),
              "p:6:10: error: the authid \"alice\" is taken (remove one of the two principals)\n");
}

TEST(Principals, NeverShowATicketThatStandsThereInPlainText) {
    const std::string errors = errors_of(one("alice", "my secret ticket"));
    EXPECT_EQ(errors.find("secret"), std::string::npos);
    EXPECT_EQ(errors,
              "p:4:10: error: the ticket is not stored as a hash (make it with: sallyport ticket "
              "--authid NAME "
              "--role ROLE)\n");
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
              "p:1:1: error: [[principal]] has no \"ticket\" (add ticket = \"…\", as printed by: "
              "sallyport "
              "ticket)\n");
    EXPECT_NE(errors_of("[[principals]]\n"), "");
}

}  // namespace
}  // namespace sallyport::policy
