#include "policy/door/door.h"

#include "tests/unit/policy/wires.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

namespace uris = wamp::uris;

std::string abort_line(std::uint64_t id, std::string_view reason) {
    return std::to_string(id) + " [3,{},\"" + std::string(reason) + "\"]";
}
Lines refused(std::uint64_t id, std::string_view reason) {
    return {abort_line(id, reason), std::to_string(id) + " closed"};
}

std::string ticket_hello(std::string_view authid, std::string_view realm = "lab") {
    return R"([1,")" + std::string(realm) +
           R"(",{"roles":{"caller":{}},"authmethods":["ticket"],"authid":")" + std::string(authid) +
           R"("}])";
}

class DoorTest : public testing::Test {
protected:
    DoorWorld world_;
};

// Joining
// -------------------------------------------------------------------------------------------------

TEST_F(DoorTest, LetsAGuestInAnonymously) {
    world_.open(1);
    const auto event = world_.send(1, hello);
    EXPECT_EQ(world_.take(), Lines{"1 WELCOME guest anonymous lab"});
    EXPECT_EQ(std::get<Door::Joined>(event).session, world_.wires.session(1));
    const wamp::Dict& details = world_.wires.welcome(1).details;
    EXPECT_TRUE(details.get_string("authid").starts_with("anonymous-"));
    EXPECT_NE(details.get_dict("roles"), nullptr);
}

TEST_F(DoorTest, TakesNothingThatHelloClaimsForTheTruth) {  // W-AUT-03, W-AUT-06
    world_.open(1);
    world_.send(
        1,
        R"([1,"lab",{"roles":{"caller":{}},"authid":"alice","authrole":"operator","authextra":{"x":"leak"},
                       "authmethods":["anonymous"]}])");
    EXPECT_EQ(world_.take(), Lines{"1 WELCOME guest anonymous lab"});
    EXPECT_NE(world_.wires.welcome(1).details.get_string("authid"), "alice");
    EXPECT_EQ(world_.wires.raw(1).find("leak"), std::string::npos);
}

TEST_F(DoorTest, GivesTwoGuestsDifferentNamesAndSessions) {
    world_.join(1);
    world_.join(2);
    EXPECT_NE(world_.wires.session(1), world_.wires.session(2));
    EXPECT_NE(world_.wires.welcome(1).details.get_string("authid"),
              world_.wires.welcome(2).details.get_string("authid"));
}

TEST_F(DoorTest, WelcomesTheRightTicket) {  // W-AUT-02
    world_.open(1);
    world_.send(1, ticket_hello("alice"));
    EXPECT_EQ(world_.take(), Lines{R"(1 [4,"ticket",{}])"});
    const auto event = world_.send(1, R"([5,"a ticket that is right",{}])");
    EXPECT_TRUE(std::holds_alternative<Door::Joined>(event));
    EXPECT_EQ(world_.take(), Lines{"1 WELCOME operator ticket lab"});
    EXPECT_EQ(world_.wires.welcome(1).details.get_string("authid"), "alice");
}

TEST_F(DoorTest, GivesAWrongTicketAndAnUnknownPrincipalTheSameBytes) {  // W-AUT-04
    world_.open(1);
    world_.open(2);
    world_.send(1, ticket_hello("alice"));
    world_.send(2, ticket_hello("mallory"));
    world_.send(1, R"([5,"wrong",{}])");
    world_.send(2, R"([5,"a ticket that is right",{}])");
    const Lines lines = world_.take();
    EXPECT_EQ(lines.at(2), abort_line(1, uris::authentication_denied));
    EXPECT_EQ(world_.wires.raw(1), world_.wires.raw(2));
    EXPECT_EQ(world_.door.peers(), 0u);
}

TEST_F(DoorTest, GivesOneChanceForAChallenge) {  // W-AUT-05
    world_.open(1);
    world_.send(1, ticket_hello("alice"));
    world_.send(1, R"([5,"wrong",{}])");
    world_.take();
    world_.send(1, R"([5,"a ticket that is right",{}])");
    EXPECT_EQ(world_.take(), Lines{});
}

TEST_F(DoorTest, RefusesToJoinWithTheReasonThatIsDue) {  // W-SES-11, W-URI-04
    const std::vector<std::pair<std::string, std::string_view>> cases{
        {R"([1,"nowhere",{"roles":{"caller":{}}}])", uris::no_such_realm},
        {R"([1,"a..b",{"roles":{"caller":{}}}])", uris::invalid_uri},
        {R"([1,"",{"roles":{"caller":{}}}])", uris::invalid_uri},
        {R"([1,"lab",{"roles":{"caller":{}},"authmethods":["wampcra"]}])",
         uris::no_matching_auth_method},
        {R"([1,"closed",{"roles":{"caller":{}}}])", uris::authentication_required},
        {ticket_hello(std::string(257, 'a')), uris::authentication_denied},
    };
    std::uint64_t id = 0;
    for (const auto& [message, reason] : cases) {
        world_.open(++id);
        EXPECT_TRUE(std::holds_alternative<std::monostate>(world_.send(id, message)));
        EXPECT_EQ(world_.take(), refused(id, reason)) << message;
        EXPECT_FALSE(world_.door.has_peer(peer(id)));
    }
}

TEST_F(DoorTest, DoesNotWelcomeWhoCannotReceiveAWelcome) {  // W-RAW-06
    // 512 is the least, and an authid may be long.
    world_.open(1, wamp::Serializer::json, Door::Trust::client, 300);
    const auto event = world_.send(1, hello);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(event));
    EXPECT_EQ(world_.take(), refused(1, uris::payload_size_exceeded));
    EXPECT_EQ(world_.door.sessions().size(), 0u);
}

TEST_F(DoorTest, RefusesConnectionsBeyondItsLimit) {
    DoorLimits limits;
    limits.peers_max = 2;
    DoorWorld world(limits);
    world.open(1);
    world.open(2);
    EXPECT_EQ(world.take(), Lines{});
    world.open(3);
    EXPECT_EQ(world.take(), Lines{"3 closed"});
    EXPECT_EQ(world.door.peers(), 2u);
    world.open(4, wamp::Serializer::json, Door::Trust::link);  // strangers must not keep a link out
    EXPECT_EQ(world.take(), Lines{});
    world.door.on_closed(peer(1), "gone");
    world.door.on_closed(peer(4), "gone");
    world.open(5);
    EXPECT_EQ(world.take(), Lines{});
}

// Time
// ----------------------------------------------------------------------------------------------------

TEST_F(DoorTest, AbortsPeersThatSendNothingInTime) {  // W-SES-12
    world_.open(1);
    EXPECT_EQ(world_.door.deadline(), world_.now + 10s);
    world_.advance(10s - 1ns);
    EXPECT_EQ(world_.take(), Lines{});
    world_.advance(1ns);
    EXPECT_EQ(world_.take(), refused(1, uris::timeout));
    EXPECT_EQ(world_.door.deadline(), wamp::never);
}

TEST_F(DoorTest, CountsTheTransportHandshakeIntoTheTimeToJoin) {  // W-SES-12
    Transport transport = world_.wires.open(1);
    transport.handshake = 4s;
    world_.door.on_open(peer(1), transport, Trust::client, world_.now, world_.wires.out);
    EXPECT_EQ(world_.door.deadline(), world_.now + 6s);
    transport.handshake = 11s;
    world_.door.on_open(peer(2), transport, Trust::client, world_.now, world_.wires.out);
    EXPECT_EQ(world_.door.deadline(), world_.now);
}

TEST_F(DoorTest, TellsWhetherAPeerHasASession) {
    world_.open(1);
    EXPECT_EQ(world_.take(), Lines{});
    EXPECT_FALSE(world_.wires.joined(1));
    world_.send(1, hello);
    world_.take();
    EXPECT_TRUE(world_.wires.joined(1));
    world_.send(1, R"([6,{},"wamp.close.close_realm"])");
    world_.take();
    EXPECT_FALSE(world_.wires.joined(1));
}

TEST_F(DoorTest, KeepsPlacesForThoseWhoLogIn) {
    DoorLimits limits;
    limits.guests_max = 1;
    DoorWorld world(limits);
    world.join(1);
    world.open(2);
    world.send(2, hello);
    EXPECT_EQ(world.take(), refused(2, uris::unavailable));
    world.send(1, R"([6,{},"wamp.close.close_realm"])");
    world.take();
    world.join(3);
}

TEST_F(DoorTest, GivesNoMoreTimeForAChallenge) {  // W-SES-12, W-AUT-05
    world_.open(1);
    world_.advance(9s);
    world_.send(1, ticket_hello("alice"));
    world_.take();
    world_.advance(1s);
    EXPECT_EQ(world_.take(), refused(1, uris::timeout));
}

TEST_F(DoorTest, LeavesThoseAloneWhoJoinedOrWentInTime) {
    world_.join(1);
    world_.open(2);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(world_.door.on_closed(peer(2), "gone")));
    world_.advance(1h);
    EXPECT_EQ(world_.take(), Lines{});
    EXPECT_TRUE(world_.door.has_peer(peer(1)));
}

// Violations
// ----------------------------------------------------------------------------------------------

TEST_F(DoorTest, EndsASessionThatBreaksTheProtocol) {  // W-SES-10
    for (const auto* bytes :
         {"", "x", "[", "[48,1,{},\"lab.a\"]]", "[999]", "[2,1,{}]", "[48,2,{},\"lab.a\"]",
          R"([48,1,{"progress":true},"lab.a"])", "[70,1,{}]", R"([5,"x",{}])"}) {
        DoorWorld world;
        world.join(1);
        const auto session = world.wires.session(1);
        const auto event = world.door.on_message(peer(1), bytes, world.now, world.wires.out);
        ASSERT_TRUE(std::holds_alternative<Door::Left>(event)) << bytes;
        EXPECT_EQ(std::get<Door::Left>(event).session, session);
        EXPECT_EQ(world.take(), (Lines{"1 " + std::string(violated), "1 closed"})) << bytes;
        EXPECT_FALSE(world.door.has_peer(peer(1)));
        world.door.on_message(peer(1), hello, world.now, world.wires.out);
        EXPECT_EQ(world.take(), Lines{});
    }
}

TEST_F(DoorTest, EndsAConnectionThatBreaksTheProtocolBeforeItJoined) {  // W-SES-01, W-SES-02
    for (const auto* text :
         {R"([6,{},"wamp.close.close_realm"])", R"([32,1,{},"lab.a"])", R"([5,"x",{}])",
          R"([1,"lab",{}])", R"([1,"lab",{"roles":{}}])", R"([1,"lab",{"roles":{"admin":{}}}])"}) {
        DoorWorld world;
        world.open(1);
        EXPECT_TRUE(std::holds_alternative<std::monostate>(world.send(1, text)));
        EXPECT_EQ(world.take(), (Lines{"1 " + std::string(violated), "1 closed"})) << text;
    }
}

TEST_F(DoorTest, TakesNoSecondHelloWhileItChallenges) {
    world_.open(1);
    world_.send(1, ticket_hello("alice"));
    world_.take();
    world_.send(1, hello);
    EXPECT_EQ(world_.take(), (Lines{"1 " + std::string(violated), "1 closed"}));
}

TEST_F(DoorTest, AnswersNoAbort) {  // W-SES-06
    world_.join(1);
    const auto event = world_.send(1, R"([3,{},"wamp.error.protocol_violation"])");
    EXPECT_TRUE(std::holds_alternative<Door::Left>(event));
    EXPECT_EQ(world_.take(), Lines{"1 closed"});
    world_.open(2);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(world_.send(2, R"([3,{},"a.b"])")));
    EXPECT_EQ(world_.take(), Lines{"2 closed"});
}

// Leaving
// -------------------------------------------------------------------------------------------------

TEST_F(DoorTest, LetsWhoLeftJoinAgain) {  // W-SES-07, W-SES-16, W-WS-05
    world_.join(1);
    const auto first = world_.wires.session(1);
    EXPECT_TRUE(std::holds_alternative<Door::Request>(world_.send(1, R"([48,1,{},"lab.a"])")));
    const auto left = world_.send(1, R"([6,{},"wamp.close.close_realm"])");
    EXPECT_EQ(std::get<Door::Left>(left).session, first);
    EXPECT_EQ(world_.take(), Lines{R"(1 [6,{},"wamp.close.goodbye_and_out"])"});
    EXPECT_EQ(world_.door.sessions().size(), 0u);

    world_.send(1, ticket_hello("alice", "closed"));  // other realm, other principal
    world_.send(1, R"([5,"a ticket that is right",{}])");
    EXPECT_EQ(world_.take().back(), "1 WELCOME operator ticket closed");
    EXPECT_NE(world_.wires.session(1), first);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(
        world_.send(1, R"([48,1,{},"lab.a"])")));  // its old right is gone
    EXPECT_TRUE(std::holds_alternative<Door::Request>(world_.send(1, R"([48,2,{},"plant.a"])")));
}

TEST_F(DoorTest, HoldsNoRoomForWhoLeftAndStays) {  // W-SES-12
    world_.join(1);
    world_.advance(1min);
    world_.send(1, R"([6,{},"wamp.close.close_realm"])");
    world_.take();
    world_.advance(10s);
    EXPECT_EQ(world_.take(), refused(1, uris::timeout));
}

TEST_F(DoorTest, TreatsAMessageAfterGoodbyeAsOneBeforeHello) {
    world_.join(1);
    world_.send(1, R"([6,{},"wamp.close.close_realm"])");
    world_.take();
    EXPECT_TRUE(std::holds_alternative<std::monostate>(world_.send(1, R"([16,1,{},"lab.a"])")));
    EXPECT_EQ(world_.take(), (Lines{"1 " + std::string(violated), "1 closed"}));
}

TEST_F(DoorTest, DismissesWithGoodbyeAndWaitsForItsAnswer) {  // W-SES-08
    world_.join(1);
    const auto session = world_.wires.session(1);
    world_.door.dismiss(session, uris::system_shutdown, world_.now, world_.wires.out);
    world_.door.forget(session);
    EXPECT_EQ(world_.take(), Lines{R"(1 [6,{},"wamp.close.system_shutdown"])"});
    EXPECT_TRUE(world_.door.session_ids().empty());
    for (const auto* late : {R"([48,1,{},"lab.a"])", "not a message"}) {
        const auto event = world_.door.on_message(peer(1), late, world_.now, world_.wires.out);
        EXPECT_TRUE(std::holds_alternative<std::monostate>(event));
    }
    EXPECT_EQ(world_.take(), Lines{});
    EXPECT_TRUE(std::holds_alternative<std::monostate>(
        world_.send(1, R"([6,{},"wamp.close.goodbye_and_out"])")));
    EXPECT_EQ(world_.take(), Lines{"1 closed"});
}

// W-SSM-03
TEST_F(DoorTest, DismissesWithAMessageUnlessThePeerCannotReceiveIt) {
    const std::string message(1000, 'm');
    world_.join(1);
    world_.join(2, wamp::Serializer::json, Door::Trust::client, 1024);
    for (const std::uint64_t id : {1U, 2U}) {
        const auto session = world_.wires.session(id);
        world_.door.dismiss(session, uris::killed, world_.now, world_.wires.out, message);
        world_.door.forget(session);
    }
    EXPECT_EQ(world_.take(), (Lines{R"(1 [6,{"message":")" + message + R"("},"wamp.close.killed"])",
                                    R"(2 [6,{},"wamp.close.killed"])"}));
}

TEST_F(DoorTest, WaitsNoLongerThanItMustForTheAnswerToItsGoodbye) {
    world_.join(1);
    const auto session = world_.wires.session(1);
    world_.advance(8s);  // so that it is due at the very time at which joining would have been
    world_.door.dismiss(session, uris::killed, world_.now, world_.wires.out);
    world_.door.forget(session);
    world_.take();
    world_.advance(2s - 1ns);
    EXPECT_EQ(world_.take(), Lines{});
    world_.advance(1ns);
    EXPECT_EQ(world_.take(), Lines{"1 closed"});
}

TEST_F(DoorTest, DismissesNoSessionTwice) {
    world_.join(1);
    const auto session = world_.wires.session(1);
    world_.door.dismiss(session, uris::killed, world_.now, world_.wires.out);
    world_.door.forget(session);
    world_.take();
    world_.door.dismiss(session, uris::killed, world_.now, world_.wires.out);
    world_.door.dismiss(12345, uris::killed, world_.now, world_.wires.out);
    EXPECT_EQ(world_.take(), Lines{});
}

TEST_F(DoorTest, TurnsAwayThoseWithoutASession) {
    world_.join(1);
    world_.open(2);
    world_.open(3);
    world_.send(3, ticket_hello("alice"));
    world_.join(4);
    world_.door.dismiss(world_.wires.session(4), uris::system_shutdown, world_.now,
                        world_.wires.out);
    world_.take();
    world_.door.turn_away(world_.wires.out);
    Lines expected = refused(2, uris::system_shutdown);
    for (auto& line : refused(3, uris::system_shutdown)) expected.push_back(line);
    EXPECT_EQ(world_.take(), expected);
    EXPECT_TRUE(world_.door.has_peer(peer(1)));
    EXPECT_TRUE(world_.door.has_peer(peer(4)));
}

TEST_F(DoorTest, SaysWhoseSessionWentWithItsConnection) {
    world_.join(1);
    const auto event = world_.door.on_closed(peer(1), "reset");
    EXPECT_EQ(std::get<Door::Left>(event).session, world_.wires.session(1));
    EXPECT_TRUE(std::holds_alternative<std::monostate>(world_.door.on_closed(peer(1), "reset")));
    EXPECT_EQ(world_.take(), Lines{});
}

}  // namespace
}  // namespace sallyport::policy
