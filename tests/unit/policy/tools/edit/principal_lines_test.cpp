#include "policy/tools/edit/principal_lines.h"

#include <gtest/gtest.h>

#include "policy/auth/principals.h"
#include "tests/unit/policy/logins.h"

namespace sallyport::policy {
namespace {

using logins::secret;

TEST(CredentialLines, LetTheOwnerOfTheSecretInAndDoNotHoldIt) {
    for (const bool chosen : {false, true}) {
        wamp::Random random(wamp::Random::Seed{4});
        const auto lines = credential_lines({Method::ticket, Method::wampcra, Method::wamp_scram,
                                             Method::scram, Method::cryptosign},
                                            secret, chosen, random);
        ASSERT_TRUE(lines);
        EXPECT_EQ(lines->size(), 4U);
        std::string text = "[[principal]]\nauthid = \"alice\"\nrole = \"operator\"\n";
        for (const auto& [method, value] : *lines)
            text += std::string(to_string(method)) + " = " + value + "\n";
        EXPECT_EQ(text.find(secret), std::string::npos);
        Diagnostics diagnostics;
        const auto principals = parse_principals(text, "p", diagnostics);
        for (const auto& diagnostic : diagnostics) ADD_FAILURE() << to_string(diagnostic);
        logins::Desk desk({}, principals);
        for (const auto& [method, value] : *lines) {
            EXPECT_EQ(desk.login(method, "alice", secret),
                      "alice/operator/" + std::string(to_string(method)));
        }
        // What a person chose is made dear to guess.
        EXPECT_EQ(principals.list[0].ticket->iterations, chosen ? crypto::iterations_default : 0U);
        EXPECT_EQ(principals.list[0].wampcra->iterations,
                  chosen ? cra_iterations_chosen : cra_iterations_drawn);
    }
}

}  // namespace
}  // namespace sallyport::policy
