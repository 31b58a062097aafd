#include "policy/audit/audit_line.h"

#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

/// All that the door has recorded since the last time, as lines.
std::string lines(Door& door) {
    std::string bytes, text;
    door.audit().take(bytes);
    AuditRecord record;
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const std::size_t used = unpack(rest, record);
        if (used == 0) {
            ADD_FAILURE() << "a record that cannot be read";
            break;
        }
        rest.remove_prefix(used);
        text += line_of(record) + "\n";
    }
    return text;
}

DoorLimits auditing() {
    DoorLimits limits;
    limits.audit = AuditTrail::Level::denied;
    return limits;
}

TEST(AuditLines, SayWhoAskedForWhatAndWhichRuleDecided) {
    DoorWorld world(auditing());
    world.join(1);
    const std::string session = std::to_string(world.wires.session(1));
    EXPECT_TRUE(lines(world.door).starts_with("joined realm lab as anonymous-"));
    world.send(1, R"([48,1,{},"lab.a"])");
    EXPECT_EQ(lines(world.door), "") << "what is allowed is no line";
    world.send(1, R"([48,2,{},"lab.secret.a"])");
    const std::string denied = lines(world.door);
    EXPECT_TRUE(denied.starts_with("denied: call lab.secret.a by anonymous-")) << denied;
    EXPECT_NE(denied.find(" (guest): forbidden, rule secret (door.toml:"), std::string::npos)
        << denied;
    EXPECT_TRUE(denied.ends_with("), session " + session + "\n")) << denied;
    world.send(1, R"([48,3,{},"a..b"])");
    EXPECT_TRUE(lines(world.door).starts_with("invalid: call a..b by anonymous-"));
    world.send(1, R"([6,{},"wamp.close.close_realm"])");
    EXPECT_EQ(lines(world.door), "left, session " + session + "\n");
}

TEST(AuditLines, SayHowManyDecisionsASumStandsFor) {
    AuditRecord record;
    record.outcome = Outcome::deny;
    record.action = Action::call;
    record.uri = "lab.a";
    record.authid = "eve";
    record.role = "guest";
    record.repeated = 12;
    EXPECT_EQ(line_of(record), "denied: call lab.a, 12 times, by eve (guest)");
    record.other_uri = "lab.b";
    EXPECT_EQ(line_of(record), "denied: call lab.a and others, 12 times, by eve (guest)");
}

TEST(AuditLines, HoldNeitherTicketsNorPayloadsNorLineBreaks) {
    DoorWorld world(auditing());
    world.open(1);
    world.send(
        1,
        R"([1,"closed",{"roles":{"caller":{}},"authmethods":["ticket"],"authid":"evil\nline"}])");
    world.send(1, R"([5,"the secret ticket",{}])");
    world.join(2);
    world.send(2, R"([48,1,{},"lab.secret.x",["the payload"]])");
    const std::string text = lines(world.door);
    EXPECT_EQ(text.find("the secret ticket"), std::string::npos);
    EXPECT_EQ(text.find("the payload"), std::string::npos);
    EXPECT_EQ(text.find("evil\n"), std::string::npos);
    EXPECT_NE(text.find("refused to join"), std::string::npos) << text;
    EXPECT_NE(text.find("denied: call lab.secret.x by anonymous-"), std::string::npos) << text;
}

TEST(AuditLines, NameTheLinkThatSpokeForAPrincipalAndTheCircuit) {
    AuditRecord record;
    record.outcome = Outcome::shadow;
    record.action = Action::publish;
    record.uri = "lab.x";
    record.authid = "b\x1b[31m";
    record.role = "guest";
    record.rule = "r";
    record.file = "p.toml";
    record.line = 7;
    record.reason = "would be denied";
    record.session = 5;
    record.via = 6;
    record.circuit = 9;
    EXPECT_EQ(line_of(record),
              "shadow rule: publish lab.x by b\\x1b[31m (guest): would be denied, rule r "
              "(p.toml:7), session 5 through the link's 6, circuit 9");
}

}  // namespace
}  // namespace sallyport::policy
