#include "policy/door_notes.h"

#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

TEST(Notes, MakeTextOfStrangersFitForALine) {
    EXPECT_EQ(printable(""), "");
    EXPECT_EQ(printable("alice"), "alice");
    EXPECT_EQ(printable("a\nb\r\x1b[31m"), R"(a\x0ab\x0d\x1b[31m)");
    EXPECT_EQ(printable("\x7f\xc3\xa9\\"), R"(\x7f\xc3\xa9\x5c)");
    EXPECT_EQ(printable(std::string_view("\0", 1)), R"(\x00)");
}

TEST(Notes, CutTextOfStrangersAfter64Bytes) {
    EXPECT_EQ(printable(std::string(64, 'a')), std::string(64, 'a'));
    EXPECT_EQ(printable(std::string(65, 'a')), std::string(64, 'a') + "…");
}

TEST(Notes, NameSessionsAndCircuitsThatThereAre) {
    EXPECT_EQ(of_session(0), "");
    EXPECT_EQ(of_session(7), ", session 7");
    EXPECT_EQ(on_circuit(0), "");
    EXPECT_EQ(on_circuit(9), ", circuit 9");
}

TEST(Notes, SayWhichRuleOfWhichFileDenied) {
    const DoorRealm realm = door_realm(door_policy);
    const auto decision = realm.policy->decide({realm.policy->role("guest")}, {Action::call, "lab.secret.x"});
    const std::string text = explained(std::get<Denial>(decision), *realm.policy);
    EXPECT_NE(text.find("rule secret (door.toml:"), std::string::npos) << text;
    const auto nothing = realm.policy->decide({realm.policy->role("guest")}, {Action::call, "elsewhere"});
    EXPECT_EQ(explained(std::get<Denial>(nothing), *realm.policy), to_string(Denial::Reason::no_allow));
}

TEST(Notes, ArePutTogetherFromTextAndNumbers) {
    wamp::Outbox out;
    note(out, wamp::effect::Note::Level::warning, "refused ", std::size_t{12}, std::string(" of "), std::string_view("them"));
    ASSERT_EQ(out.size(), 1u);
    const auto& line = std::get<wamp::effect::Note>(out[0]);
    EXPECT_EQ(line.text, "refused 12 of them");
    EXPECT_EQ(line.level, wamp::effect::Note::Level::warning);
}

TEST(Notes, HoldNeitherTicketsNorPayloadsNorLineBreaks) {
    DoorWorld world;
    world.open(1);
    world.send(1, R"([1,"closed",{"roles":{"caller":{}},"authmethods":["ticket"],"authid":"evil\nline"}])");
    world.send(1, R"([5,"the secret ticket",{}])");
    world.join(2);
    world.send(2, R"([48,1,{},"lab.secret.x",["the payload"]])");
    world.take();
    const std::string& notes = world.wires.notes();
    EXPECT_EQ(notes.find("the secret ticket"), std::string::npos);
    EXPECT_EQ(notes.find("the payload"), std::string::npos);
    EXPECT_EQ(notes.find("evil\n"), std::string::npos);
    EXPECT_NE(notes.find("denied: call lab.secret.x by anonymous-"), std::string::npos) << notes;
}

}  // namespace
}  // namespace sallyport::policy
