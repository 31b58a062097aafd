#include "policy/door/door_snapshot.h"

#include <gtest/gtest.h>

#include <chrono>

#include "policy/door/door.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

RuleIndex rule_of(const DoorSnapshot::Realm& realm, std::string_view id) {
    for (RuleIndex rule = 0; rule < realm.rules.size(); ++rule) {
        if (realm.rules[rule] == id) return rule;
    }
    return no_rule;
}

TEST(DoorSnapshot, TellsDecisionsByRuleAndWhoIsThere) {
    DoorWorld world;
    world.join(1);
    world.send(1, R"([48,1,{},"lab.a"])");
    world.send(1, R"([48,2,{},"lab.secret.a"])");
    world.send(1, R"([48,3,{},"elsewhere.a"])");
    const DoorSnapshot snapshot = world.door.snapshot();
    ASSERT_EQ(snapshot.realms.size(), 2U);
    const DoorSnapshot::Realm& realm = snapshot.realms[snapshot.realms[0].name == "lab" ? 0 : 1];
    EXPECT_EQ(realm.name, "lab");
    EXPECT_EQ(realm.policy, world.door.realm("lab")->hash());
    EXPECT_EQ(realm.counts.of(rule_of(realm, "all")).of(Outcome::allow), 1U);
    EXPECT_EQ(realm.counts.of(rule_of(realm, "secret")).of(Outcome::deny), 1U);
    EXPECT_EQ(realm.counts.of(no_rule).of(Outcome::deny), 1U) << "no rule has matched";
    ASSERT_EQ(realm.sessions.size(), 1U);
    EXPECT_EQ(realm.sessions[0].count, 1U);
    ASSERT_EQ(realm.counts.joined().size(), 1U);
    EXPECT_EQ(realm.counts.joined()[0].name, realm.sessions[0].name);
    EXPECT_EQ(snapshot.connections, 1U);
    EXPECT_EQ(snapshot.sessions, 1U);
    EXPECT_EQ(snapshot.circuits, 0U);
    EXPECT_EQ(snapshot.decisions.denied, 2U);
}

TEST(DoorSnapshot, TellsRefusedJoinsByTheErrorAlone) {
    DoorWorld world;
    world.open(1);
    world.send(1, R"([1,"nowhere",{"roles":{"caller":{}}}])");
    const DoorSnapshot snapshot = world.door.snapshot();
    ASSERT_EQ(snapshot.refused.size(), 1U);
    EXPECT_EQ(snapshot.refused[0].name, "wamp.error.no_such_realm");
    EXPECT_EQ(snapshot.refused[0].count, 1U);
}

TEST(Durations, CountABoundIntoItsBucket) {
    Durations durations;
    durations.add(1ms);
    durations.add(1001us);
    durations.add(60s);
    durations.add(61s);
    EXPECT_EQ(durations.buckets().front(), 1U);
    EXPECT_EQ(durations.buckets()[1], 1U);
    EXPECT_EQ(durations.buckets()[Durations::bounds.size() - 1], 1U);
    EXPECT_EQ(durations.buckets().back(), 1U);
    EXPECT_EQ(durations.count(), 4U);
    EXPECT_EQ(durations.sum(), 121s + 2001us);
}

}  // namespace
}  // namespace sallyport::policy
