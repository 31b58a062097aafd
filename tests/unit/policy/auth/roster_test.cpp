#include "policy/auth/roster.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/logins.h"

namespace sallyport::policy {
namespace {

Principals two() {
    Principals principals;
    principals.list.push_back(logins::everything("alice", "operator"));
    Credentials bob;
    bob.authid = "bob";
    bob.role = "guest";
    bob.wampcra = logins::cra_credential("b");
    bob.disabled = true;
    principals.list.push_back(bob);
    return principals;
}

TEST(Roster, ListsWhoMayLogInWithWhat) {
    const Roster roster = Roster::of(two(), "text");
    for (const Method method : logins::with_secrets) {
        const std::string name(to_string(method));
        EXPECT_TRUE(roster.methods().has(method));
        EXPECT_TRUE(roster.lists({"alice", "operator", name}));
        EXPECT_FALSE(roster.lists({"alice", "guest", name})) << "another role";
        EXPECT_FALSE(roster.lists({"mallory", "operator", name}));
    }
    EXPECT_FALSE(roster.lists({"bob", "guest", "wampcra"})) << "disabled";
    EXPECT_FALSE(roster.lists({"alice", "operator", "anonymous"}));
    EXPECT_TRUE(roster.has_principals());
    EXPECT_FALSE(Roster().has_principals());
}

TEST(Roster, IsReadAsItWasWritten) {
    const Roster roster = Roster::of(two(), "text");
    EXPECT_EQ(Roster::parse(roster.to_text()), roster);
    const Roster none = Roster::of({}, "");
    EXPECT_EQ(Roster::parse(none.to_text()), none);
}

TEST(Roster, NamesNobodyAndHoldsNoSecret) {
    const Principals principals = two();
    const std::string text = Roster::of(principals, "text").to_text();
    const Credentials& alice = principals.list.front();
    for (const std::string& hidden :
         {std::string("alice"), std::string("bob"), std::string("operator"), alice.wampcra->key,
          crypto::to_hex(alice.wampcra->key), crypto::to_hex(alice.ticket->digest),
          crypto::to_hex(alice.scram->keys.stored), crypto::to_hex(alice.cryptosign.front())})
        EXPECT_EQ(text.find(hidden), std::string::npos) << hidden;
}

TEST(Roster, OfAnotherFileHasOtherMarks) {
    const Roster one = Roster::of(two(), "text");
    const Roster other = Roster::of(two(), "another text");
    EXPECT_NE(one.id(), other.id());
    EXPECT_NE(one.to_text().substr(200), other.to_text().substr(200));
}

TEST(Roster, RefusesWhatIsNone) {
    const std::string sound = Roster::of(two(), "text").to_text();
    const std::string head = sound.substr(0, sound.find('\n') + 1);
    const std::string id = sound.substr(head.size(), 65);
    EXPECT_TRUE(Roster::parse(head + id + "ticket\n").has_value());
    const std::string mark(32, 'a');
    for (const std::string& text :
         {std::string(), head, head + "ab\nticket\n", head + id + "tickets\n",
          head + id + "ticket ticket\n", head + id + "ticket\n" + mark + "a\n",
          head + id + "ticket\n" + std::string(32, 'g') + "\n",
          head + id + "ticket\n" + std::string(32, 'b') + "\n" + mark + "\n",
          "[[principal]]\nauthid = \"alice\"\n" + sound})
        EXPECT_EQ(Roster::parse(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sallyport::policy
