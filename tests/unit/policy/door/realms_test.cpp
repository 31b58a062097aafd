#include "policy/door/realms.h"

#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

TEST(Realms, AreFoundByName) {
    const Realms realms({door_realm(door_policy), door_realm(closed_policy)});
    EXPECT_TRUE(realms.has("lab"));
    EXPECT_EQ(realms.find("closed")->policy->realm(), "closed");
    EXPECT_EQ(realms.find("nowhere"), nullptr);
    EXPECT_EQ(realms.names(), (std::vector<std::string_view>{"closed", "lab"}));
}

TEST(Realms, KeepTheCountsOfRulesThatStay) {
    Realms realms({door_realm(closed_policy)});
    realms.find("closed")->counts->of(0).agreed = 5;
    EXPECT_TRUE(realms.replace({door_realm(closed_policy)}).empty());  // the same version
    EXPECT_EQ(realms.find("closed")->counts->of(0).agreed, 5U);
    const auto changed = realms.replace({door_realm(door_policy)});
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(changed[0]->realm(), "lab");
    EXPECT_FALSE(realms.has("closed"));
}

TEST(Realms, AdmitWhoCameByAProcedureAsLongAsThereIsOne) {
    const DoorRealm open = door_realm(door_policy, true);
    const DoorRealm* const found = find_realm(std::span(&open, 1), "lab");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(find_realm(std::span(&open, 1), "closed"), nullptr);
    EXPECT_TRUE(open.terms->admits({"alice", "operator", "ticket"}, false));
    EXPECT_FALSE(open.terms->admits({"alice", "guest", "ticket"}, false));
    EXPECT_FALSE(open.terms->admits({"joe", "visitor", "ticket"}, true));
}

}  // namespace
}  // namespace sallyport::policy
