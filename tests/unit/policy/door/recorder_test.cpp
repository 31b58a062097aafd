#include "policy/door/recorder.h"

#include <nlohmann/json.hpp>

#include "policy/door/door.h"
#include "tests/unit/policy/records.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

using Json = nlohmann::json;
using Level = AuditTrail::Level;

DoorLimits auditing(Level level) {
    DoorLimits limits;
    limits.audit = level;
    return limits;
}

std::vector<Json> records(Door& door) {
    return policy::records(door.audit());
}

std::string outcomes(Door& door) {
    std::string text;
    for (const auto& record : records(door)) text += record["outcome"].get<std::string>() + " ";
    return text;
}

TEST(DoorAudit, SaysWhichRuleOfWhichFileDecidedForWhom) {
    DoorWorld world(auditing(Level::all));
    world.join(1);
    const auto joined = records(world.door);
    ASSERT_EQ(joined.size(), 1U);
    EXPECT_EQ(joined[0]["outcome"], "join");
    EXPECT_EQ(joined[0]["realm"], "lab");
    EXPECT_EQ(joined[0]["role"], "guest");
    EXPECT_EQ(joined[0]["method"], "anonymous");
    EXPECT_EQ(joined[0]["session"], world.wires.session(1));

    world.send(1, R"([48,1,{},"lab.small",[1,2]])");
    const auto allowed = records(world.door);
    ASSERT_EQ(allowed.size(), 1U);
    EXPECT_EQ(allowed[0]["outcome"], "allow");
    EXPECT_EQ(allowed[0]["rule"], "small");
    EXPECT_EQ(allowed[0]["file"], "door.toml");
    EXPECT_GT(allowed[0]["line"], 1);
    EXPECT_EQ(allowed[0]["policy"], "version");
    EXPECT_EQ(allowed[0]["action"], "call");
    EXPECT_EQ(allowed[0]["uri"], "lab.small");
    EXPECT_EQ(allowed[0]["payload_bytes"], 5);
    EXPECT_EQ(allowed[0]["authid"], joined[0]["authid"]);

    world.send(1, R"([32,2,{"match":"prefix"},"lab.secret."])");
    const auto denied = records(world.door);
    ASSERT_EQ(denied.size(), 1U);
    EXPECT_EQ(denied[0]["outcome"], "deny");
    EXPECT_EQ(denied[0]["rule"], "secret");
    EXPECT_EQ(denied[0]["reason"], "forbidden");
    EXPECT_EQ(denied[0]["match"], "prefix");
    EXPECT_EQ(denied[0]["number"], 3);
}

TEST(DoorAudit, HasOneRecordForEachThingThatHappens) {
    DoorWorld world(auditing(Level::all));
    world.join(1);
    EXPECT_EQ(outcomes(world.door), "join ");
    for (int request = 1; request <= 3; ++request) {
        world.send(1, "[48," + std::to_string(request) + ",{},\"lab.slow\"]");
    }
    EXPECT_EQ(outcomes(world.door), "allow allow over_rate ");
    world.send(1, R"([16,4,{},"plant.a"])");  // silent to the peer, not to the log
    world.send(1, R"([48,5,{},"a..b"])");
    world.send(1, R"([48,6,{},"lab.small",["0123456789"]])");
    EXPECT_EQ(outcomes(world.door), "deny invalid deny ");
    world.send(1, R"([49,1,{}])");  // follows from what was allowed
    EXPECT_EQ(outcomes(world.door), "");
    world.send(1, R"([6,{},"wamp.close.close_realm"])");
    EXPECT_EQ(outcomes(world.door), "leave ");
    world.door.on_closed(peer(1), "gone");
    EXPECT_EQ(outcomes(world.door), "");  // it had left

    world.open(2);
    world.send(2, R"([1,"nowhere",{"roles":{"caller":{}}}])");
    EXPECT_EQ(outcomes(world.door), "join_refused ");
    world.open(6);
    world.send(6, R"([1,"lab",{"roles":{"caller":{}},"authmethods":["none"],"authid":"eve"}])");
    const auto refused = records(world.door);
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0]["outcome"], "join_refused");
    EXPECT_EQ(refused[0]["realm"], "lab");
    EXPECT_EQ(refused[0]["authid"], "eve");
    EXPECT_EQ(refused[0]["policy"], "version");
    world.join(3);
    world.join(4);
    world.join(5);
    EXPECT_EQ(outcomes(world.door), "join join join ");
    world.door.on_closed(peer(3), "connection reset");
    world.send(4, "no message");
    world.door.dismiss(world.wires.session(5), "wamp.close.system_shutdown", world.now,
                       world.wires.out);
    const auto left = records(world.door);
    ASSERT_EQ(left.size(), 3U);
    EXPECT_EQ(left[0]["reason"], "connection lost: connection reset");
    EXPECT_EQ(left[1]["reason"], "wamp.error.protocol_violation");
    EXPECT_EQ(left[2]["reason"], "wamp.close.system_shutdown");
    for (const auto& record : left) EXPECT_EQ(record["outcome"], "leave");
}

TEST(DoorAudit, SaysWhatAClientSaidWhenItLeft) {
    DoorWorld world(auditing(Level::all));
    std::vector<std::string> reasons;
    for (const auto* goodbye :
         {R"([6,{},"wamp.close.close_realm"])", R"([6,{},"wamp.close.logout"])",
          R"([6,{"message":"gone\nhome"},"wamp.close.close_realm"])",
          R"([6,{"message":null},"wamp.close.normal"])"}) {
        world.join(1);
        records(world.door);
        world.send(1, goodbye);
        reasons.push_back(records(world.door).at(0)["reason"]);
        world.door.on_closed(peer(1), "closed");
        world.take();
    }
    EXPECT_EQ(reasons,
              (std::vector<std::string>{"left", "left: wamp.close.logout", "left: gone\\x0ahome",
                                        "left: wamp.close.normal"}));
}

TEST(DoorAudit, NamesThePrincipalThatALinkConveys) {
    DoorWorld world(auditing(Level::all));
    world.join(1, wamp::Serializer::json, Door::Trust::link);
    records(world.door);
    world.send(
        1,
        R"([48,1,{"forward_for":[{"session":77,"authid":"bob \"x\"","authrole":"guest"}]},"lab.secret.a"])");
    const auto denied = records(world.door);
    ASSERT_EQ(denied.size(), 1U);
    EXPECT_EQ(denied[0]["session"], 77);
    EXPECT_EQ(denied[0]["via"], world.wires.session(1));
    EXPECT_EQ(denied[0]["authid"], "bob \"x\"");
    EXPECT_EQ(denied[0]["role"], "guest");
}

TEST(DoorAudit, RecordsWhatIsAllowedOnlyWhenAllIsWanted) {
    DoorWorld world(auditing(Level::denied));
    world.join(1);
    world.send(1, R"([48,1,{},"lab.a"])");
    world.send(1, R"([48,2,{},"plant.a"])");
    EXPECT_EQ(outcomes(world.door), "join deny ");
    EXPECT_EQ(world.door.audit().counts().allowed, 1U);
    world.take();
    EXPECT_EQ(world.wires.notes(), "");  // nothing is told twice
}

TEST(DoorAudit, IsNowhereWhenNothingIsWanted) {
    DoorWorld world(auditing(Level::nothing));
    world.join(1);
    world.send(1, R"([48,1,{},"lab.secret.a"])");
    world.send(1, R"([6,{},"wamp.close.close_realm"])");
    world.take();
    EXPECT_EQ(world.wires.notes(), "");
    EXPECT_TRUE(world.door.audit().empty());
    EXPECT_EQ(world.door.audit().counts().denied, 1U);
}

TEST(DoorAudit, NeverHoldsAPayloadOrASecret) {
    DoorWorld world(auditing(Level::all));
    world.open(1);
    world.send(1, R"([1,"lab",{"roles":{"caller":{}},"authmethods":["ticket"],"authid":"alice"}])");
    world.send(1, R"([5,"s3cr3t-ticket",{}])");
    world.join(2);
    world.send(2, R"([48,1,{},"lab.a",["s3cr3t"],{"k":"s3cr3t"}])");
    world.send(2, R"([16,2,{"acknowledge":true},"plant.a",["s3cr3t"]])");
    std::string bytes;
    world.door.audit().take(bytes);
    EXPECT_FALSE(bytes.empty());
    EXPECT_EQ(bytes.find("s3cr3t"), std::string::npos);
}

DoorLimits summing() {
    DoorLimits limits = auditing(Level::all);
    limits.audit_lines_per_s = 2;
    limits.denials_per_s = 1'000'000;
    return limits;
}

TEST(DoorAudit, SumsUpAFloodAndTellsTheSumWhenTheSecondIsOver) {
    DoorWorld world(summing());
    world.join(1);
    for (int request = 1; request <= 50; ++request)
        world.send(1, "[48," + std::to_string(request) + ",{},\"plant.a\"]");
    EXPECT_EQ(outcomes(world.door), "join deny deny ");
    ASSERT_EQ(world.door.deadline(), world.now + std::chrono::seconds(1));
    world.now += std::chrono::seconds(1);
    world.door.on_deadline(world.now, world.wires.out);
    const auto told = records(world.door);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0]["repeated"], 48);
    EXPECT_EQ(told[0]["session"], world.wires.session(1));
    EXPECT_EQ(world.door.audit().counts().denied, 50U);
    EXPECT_EQ(world.door.audit().counts().summed, 47U);
    EXPECT_EQ(world.door.deadline(), wamp::never);
}

TEST(DoorAudit, TellsTheSumsOfASessionBeforeItsDepartureAndAllBeforeAReloadAndAtTheEnd) {
    DoorWorld world(summing());
    world.join(1);
    world.join(2);
    const auto flood = [&](std::uint64_t from, int first) {
        for (int request = first; request < first + 10; ++request)
            world.send(from, "[48," + std::to_string(request) + ",{},\"plant.a\"]");
    };
    flood(1, 1);
    records(world.door);
    world.send(1, R"([6,{},"wamp.close.close_realm"])");
    EXPECT_EQ(outcomes(world.door), "deny leave ");
    flood(2, 1);
    EXPECT_EQ(outcomes(world.door), "deny deny ");
    world.door.end_audit();
    EXPECT_EQ(outcomes(world.door), "deny ");
    flood(2, 11);
    EXPECT_EQ(outcomes(world.door), "");
    Diagnostics diagnostics;
    const PolicyFile file = parse_policy(door_policy, "door.toml", diagnostics);
    DoorRealm next = door_realm(door_policy);
    next.policy = *Compiler::compile(file, {false, {}, true}, "another version");
    world.door.reload({next}, world.wires.out);
    EXPECT_EQ(outcomes(world.door), "deny reload ");
    flood(2, 21);
    EXPECT_EQ(outcomes(world.door), "");
    world.door.end_audit();
    EXPECT_EQ(outcomes(world.door), "deny ");
}

constexpr std::string_view trial_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[allow]]
id = "all"
roles = ["guest"]
actions = ["call"]
match = "prefix"
uri = "lab."
[[forbid]]
id = "trial-forbid"
shadow = true
roles = ["guest"]
actions = ["call"]
uri = "lab.old"
[[allow]]
id = "trial-allow"
shadow = true
roles = ["guest"]
actions = ["call"]
match = "prefix"
uri = ["plant.", "lab.new."]
)";

TEST(DoorAudit, TellsWhatAShadowRuleWouldHaveChangedAndCountsIt) {  // architecture: Policy 11
    DoorWorld world(trial_policy, auditing(Level::denied));
    world.join(1);
    records(world.door);
    EXPECT_TRUE(std::holds_alternative<Door::Request>(world.send(1, R"([48,1,{},"lab.old"])")));
    const auto told = records(world.door);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0]["outcome"], "shadow");
    EXPECT_EQ(told[0]["rule"], "trial-forbid");
    EXPECT_EQ(told[0]["reason"], "would be denied");
    EXPECT_TRUE(std::holds_alternative<std::monostate>(world.send(1, R"([48,2,{},"plant.x"])")));
    EXPECT_TRUE(std::holds_alternative<Door::Request>(world.send(1, R"([48,3,{},"lab.new.x"])")));
    EXPECT_TRUE(std::holds_alternative<Door::Request>(world.send(1, R"([48,4,{},"lab.other"])")));
    const auto& policy = *world.door.realm("lab");
    const RealmCounts& counts = *world.door.counts("lab");
    for (RuleIndex rule = 0; rule < policy.rules().size(); ++rule) {
        const std::string& id = policy.rule(rule).id;
        EXPECT_EQ(counts.of(rule).decisions(), id == "all"            ? 3U
                                               : id == "trial-forbid" ? 1U
                                                                      : 2U)
            << id;
    }
}

}  // namespace
}  // namespace sallyport::policy
