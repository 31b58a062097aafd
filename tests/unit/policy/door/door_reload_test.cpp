// What another version of the policy does to the sessions of a door.
#include <algorithm>
#include <string>

#include "policy/door/door.h"
#include "tests/unit/policy/wires.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

namespace uris = wamp::uris;

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string out(text);
    const auto at = out.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at != std::string::npos) out.replace(at, from.size(), to);
    return out;
}

/// The policy of door_realm() with another name for what guests may do.
const std::string narrow = replaced(door_policy, "uri = \"lab.\"", "uri = \"lab.public.\"");

class DoorReload : public testing::Test {
protected:
    void reload(std::vector<DoorRealm> realms) {
        for (const auto& [session, reason] : world_.door.ended_by(realms)) {
            world_.door.dismiss(session, reason, world_.now, world_.wires.out);
            world_.door.forget(session);
        }
        world_.door.reload(std::move(realms), world_.wires.out);
    }
    /// alice, with her ticket.
    void join_alice(std::uint64_t id) {
        hello_from_alice(id);
        EXPECT_TRUE(std::holds_alternative<Door::Joined>(world_.send(id, tell_ticket)));
        world_.take();
    }
    void hello_from_alice(std::uint64_t id) {
        world_.open(id);
        world_.send(
            id, R"([1,"lab",{"roles":{"caller":{}},"authmethods":["ticket"],"authid":"alice"}])");
    }
    bool allows(std::uint64_t id, std::string_view uri) {
        const std::string call =
            "[48," + std::to_string(++request_) + ",{},\"" + std::string(uri) + "\"]";
        const bool allowed = std::holds_alternative<Door::Request>(world_.send(id, call));
        world_.take();
        return allowed;
    }

    static constexpr std::string_view tell_ticket = R"([5,"a ticket that is right",{}])";
    DoorWorld world_;
    int request_ = 0;
};

TEST_F(DoorReload, DecidesForTheSessionsThatAreThere) {
    world_.join(1);
    EXPECT_TRUE(allows(1, "lab.a"));
    reload({door_realm(narrow, true), door_realm(closed_policy, true)});
    EXPECT_EQ(world_.take(), Lines{});  // nobody hears of it
    EXPECT_FALSE(allows(1, "lab.a"));
    EXPECT_TRUE(allows(1, "lab.public.a"));
    reload({door_realm(door_policy, true), door_realm(closed_policy, true)});
    EXPECT_TRUE(allows(1, "lab.a"));
}

TEST_F(DoorReload, EndsSessionsOfRealmsThatAreGone) {
    world_.join(1);
    join_alice(2);
    reload({door_realm(closed_policy, true)});
    Lines farewells = world_.take();
    std::sort(farewells.begin(), farewells.end());
    EXPECT_EQ(farewells, (Lines{R"(1 [6,{},"wamp.close.close_realm"])",
                                R"(2 [6,{},"wamp.close.close_realm"])"}));
    EXPECT_EQ(world_.door.sessions().size(), 0U);
    world_.open(3);
    world_.send(3, hello);
    EXPECT_EQ(world_.take(), (Lines{R"(3 [3,{},"wamp.error.no_such_realm"])", "3 closed"}));
}

TEST_F(DoorReload, EndsSessionsOfPrincipalsThatAreGoneOrAreSomethingElseNow) {
    world_.join(1);
    join_alice(2);
    reload({door_realm(door_policy, false)});  // nobody in the principals file
    EXPECT_EQ(world_.take(), Lines{R"(2 [6,{},"wamp.close.killed"])"});
    EXPECT_TRUE(allows(1, "lab.a"));

    reload({door_realm(replaced(door_policy, R"(anonymous = { role = "guest" })",
                                R"(anonymous = { role = "other" })"))});
    EXPECT_EQ(world_.take(),
              Lines{R"(1 [6,{},"wamp.close.killed"])"});  // WELCOME told it another role
}

TEST_F(DoorReload, EndsAnonymousSessionsWhereNobodyIsAnonymousAnyMore) {
    world_.join(1);
    reload({door_realm(replaced(door_policy, R"(anonymous = { role = "guest" })", ""), true)});
    EXPECT_EQ(world_.take(), Lines{R"(1 [6,{},"wamp.close.killed"])"});
}

TEST_F(DoorReload, LetsInWhoIsOnTheWayOnlyWhenBothVersionsDo) {
    hello_from_alice(1);
    hello_from_alice(2);
    world_.take();
    reload({door_realm(narrow, true)});
    EXPECT_TRUE(std::holds_alternative<Door::Joined>(world_.send(1, tell_ticket)));
    EXPECT_EQ(world_.take(), Lines{"1 WELCOME operator ticket lab"});
    reload({door_realm(narrow, false)});
    world_.send(2, tell_ticket);
    EXPECT_EQ(world_.take(), (Lines{R"(1 [6,{},"wamp.close.killed"])",
                                    R"(2 [3,{},"wamp.error.authentication_denied"])", "2 closed"}));
}

TEST_F(DoorReload, JoinsUnderTheVersionThatIsThereWhenItJoins) {
    hello_from_alice(1);
    reload({door_realm(replaced(door_policy, "uri = \"plant.\"", "uri = \"works.\""), true)});
    world_.send(1, tell_ticket);
    EXPECT_FALSE(allows(1, "plant.a"));
    EXPECT_TRUE(allows(1, "works.a"));
}

TEST_F(DoorReload, KeepsLinksWhoeverThePrincipalsAre) {
    world_.join(1, wamp::Serializer::json, Door::Trust::link);
    reload({door_realm(door_policy, false)});
    EXPECT_EQ(world_.take(), Lines{});
    EXPECT_TRUE(allows(1, "lab.a"));
    reload({door_realm(closed_policy, false)});
    EXPECT_EQ(world_.take(), Lines{R"(1 [6,{},"wamp.close.close_realm"])"});
}

TEST_F(DoorReload, KeepsTheCountsOfRulesThatStay) {
    const auto hits = [&](std::string_view id) -> std::uint64_t {
        const auto rules = world_.door.realm("lab")->rules();
        for (RuleIndex i = 0; i < rules.size(); ++i) {
            if (rules[i].id == id) return world_.door.counts("lab")->of(i).decisions();
        }
        return 99;
    };
    world_.join(1);
    allows(1, "lab.a");
    allows(1, "lab.b");
    allows(1, "lab.secret.a");
    EXPECT_EQ(hits("all"), 2U);
    EXPECT_EQ(hits("secret"), 1U);
    EXPECT_EQ(hits("small"), 0U);
    const auto without = replaced(door_policy, R"([[forbid]]
id = "secret")",
                                  R"([[forbid]]
id = "another")");
    reload({door_realm(without, true)});
    EXPECT_EQ(hits("all"), 2U);
    EXPECT_EQ(hits("another"), 0U);
    allows(1, "lab.a");
    EXPECT_EQ(hits("all"), 3U);
    EXPECT_EQ(world_.door.counts("nowhere"), nullptr);
}

}  // namespace
}  // namespace sallyport::policy
