// What the door answers to requests: rights, names, limits, and who is spoken for.
#include "policy/door/door.h"

#include <nlohmann/json.hpp>

#include "tests/unit/policy/wires.h"
#include "tests/vectors/vectors.h"
#include "wamp/message/uris.h"

namespace sallyport::policy {
namespace {

namespace uris = wamp::uris;

std::string error_line(std::uint64_t id, int type, int request, std::string_view uri) {
    return std::to_string(id) + " [8," + std::to_string(type) + "," + std::to_string(request) +
           ",{},\"" + std::string(uri) + "\"]";
}

/// "rule ID" of a request that passes, "followup", "" for one that does not.
std::string passed(const DoorWorld& world, const Door::Event& event,
                   std::string_view realm = "lab") {
    if (std::holds_alternative<Door::Followup>(event)) return "followup";
    const auto* request = std::get_if<Door::Request>(&event);
    return request == nullptr ? ""
                              : "rule " + world.door.realm(realm)->rule(request->permit.rule()).id;
}

class DoorRequests : public testing::Test {
protected:
    std::string ask(std::uint64_t id, std::string_view json) {
        return passed(world_, world_.send(id, json));
    }

    DoorWorld world_;
};

TEST_F(DoorRequests, ArePassedOnWithTheirPermit) {
    world_.join(1);
    EXPECT_EQ(ask(1, R"([48,1,{},"lab.add",[1],{"a":2}])"), "rule all");
    EXPECT_EQ(ask(1, R"([16,2,{},"lab.topic"])"), "rule all");
    EXPECT_EQ(ask(1, R"([32,3,{"match":"prefix"},"lab.a."])"), "rule all");
    EXPECT_EQ(ask(1, R"([64,4,{},"lab.mine"])"), "rule all");
    EXPECT_EQ(ask(1, R"([48,5,{},"lab.small"])"), "rule small");
    EXPECT_EQ(ask(1, R"([34,6,1])"), "followup");
    EXPECT_EQ(ask(1, R"([66,7,1])"), "followup");
    EXPECT_EQ(ask(1, R"([49,1,{}])"), "followup");
    EXPECT_EQ(world_.take(), Lines{});
}

// W-ID-06, W-ID-10
TEST(DoorRequestIds, MayBeAnyThatIsNotInUseWhereTheyAreNotChecked) {
    DoorLimits limits;
    limits.request_ids = wamp::IdRule::off;
    DoorWorld world(limits);
    world.join(1);
    EXPECT_EQ(passed(world, world.send(1, R"([48,900719925474099,{},"lab.add"])")), "rule all");
    EXPECT_EQ(passed(world, world.send(1, R"([48,5,{},"lab.add"])")), "rule all");
    // A request that is denied has its answer, and one without an answer is not in use.
    for (int times = 0; times < 2; ++times) {
        EXPECT_EQ(passed(world, world.send(1, R"([48,7,{},"lab.secret.key"])")), "");
        EXPECT_EQ(world.take(), Lines{error_line(1, 48, 7, uris::not_authorized)});
        EXPECT_EQ(passed(world, world.send(1, R"([16,8,{},"lab.topic"])")), "rule all");
    }
    wamp::Deliveries deliveries;
    deliveries.add(world.wires.session(1), wamp::CallResult{5, {}, {}});
    std::vector<Door::Undelivered> undelivered;
    world.door.deliver(deliveries, undelivered, world.now, world.wires.out);
    EXPECT_EQ(world.take(), Lines{"1 [50,5,{}]"});
    EXPECT_EQ(passed(world, world.send(1, R"([32,5,{},"lab.topic"])")), "rule all");
    EXPECT_EQ(passed(world, world.send(1, R"([16,5,{},"lab.topic"])")), "");
    EXPECT_EQ(world.take(), (Lines{"1 " + std::string(violated), "1 closed"}));
}

// W-ID-04: a gateway counts its requests on a link.
TEST(DoorRequestIds, OfALinkAreAlwaysChecked) {
    DoorLimits limits;
    limits.request_ids = wamp::IdRule::off;
    DoorWorld world(limits);
    world.join(1, wamp::Serializer::json, Door::Trust::link);
    world.send(1, R"([48,5,{},"lab.add"])");
    EXPECT_EQ(world.take(), (Lines{"1 " + std::string(violated), "1 closed"}));
}

TEST_F(DoorRequests, ThatAreForbiddenAreAnsweredAsThoseToNothing) {
    for (const auto* request :
         {R"([48,1,{},"URI",[1]])", R"([16,1,{"acknowledge":true},"URI"])", R"([32,1,{},"URI"])",
          R"([64,1,{},"URI"])", R"([32,1,{"match":"prefix"},"URI"])"}) {
        std::vector<std::string> answers;
        for (const auto* uri : {"lab.secret.key", "no.such.thing.at.all"}) {
            DoorWorld world;
            world.join(1);
            const auto before = world.wires.raw(1).size();
            EXPECT_EQ(passed(world, world.send(1, with_names(request, {{"URI", uri}}))), "");
            world.take();
            answers.push_back(world.wires.raw(1).substr(before));
        }
        EXPECT_EQ(answers[0], answers[1]) << request;
        EXPECT_NE(answers[0].find("\"wamp.error.not_authorized\"]"), std::string::npos)
            << answers[0];
    }
}

TEST_F(DoorRequests, GetNoAnswerWhereNoneWasAskedFor) {  // W-PUB-04
    world_.join(1);
    EXPECT_EQ(ask(1, R"([16,1,{},"lab.secret.x"])"), "");                  // forbidden
    EXPECT_EQ(ask(1, R"([16,2,{"acknowledge":false},"elsewhere"])"), "");  // no right
    EXPECT_EQ(ask(1, R"([16,3,{},"a..b"])"), "");                          // no URI
    EXPECT_EQ(ask(1, R"([16,4,{},"wamp.session.on_join"])"), "");          // reserved
    EXPECT_EQ(ask(1, R"([16,5,{},"lab.small",["0123456789"]])"), "");      // too big
    EXPECT_EQ(ask(1, R"([16,6,{},"lab.slow"])"), "rule slow");
    EXPECT_EQ(ask(1, R"([16,7,{},"lab.slow"])"), "rule slow");
    EXPECT_EQ(ask(1, R"([16,8,{},"lab.slow"])"), "");  // too many
    EXPECT_EQ(world_.take(), Lines{});
    EXPECT_EQ(ask(1, R"([48,9,{},"lab.a"])"), "rule all");  // and each took its number
}

TEST_F(DoorRequests, MayNotNameWhatIsNoUri) {  // W-URI-03, W-URI-04
    world_.join(1);
    int request = 0;
    for (const auto* uri :
         {"", ".", "a..b", ".a", "a.", "a b", "a#b", "lab.\\u0000", "lab.\\u0085"}) {
        for (const int type : {16, 32, 48, 64}) {
            const std::string options = type == 16 ? R"({"acknowledge":true})" : "{}";
            const std::string message = "[" + std::to_string(type) + "," +
                                        std::to_string(++request) + "," + options + ",\"" + uri +
                                        "\"]";
            EXPECT_EQ(ask(1, message), "");
            EXPECT_EQ(world_.take(), Lines{error_line(1, type, request, uris::invalid_uri)})
                << message;
        }
    }
}

TEST_F(DoorRequests, MayNotReachIntoWhatIsReserved) {  // W-URI-06, W-URI-07
    DoorWorld world;
    world.join(1);
    const std::vector<std::pair<std::string, int>> cases{
        {R"([16,N,{"acknowledge":true},"wamp"])", 16},
        {R"([16,N,{"acknowledge":true},"wamp.session.on_join"])", 16},
        {R"([64,N,{},"wamp.session.kill"])", 64},
        {R"([64,N,{"match":"prefix"},""])", 64},
        {R"([64,N,{"match":"prefix"},"wam"])", 64},
        {R"([64,N,{"match":"prefix"},"wamp.se"])", 64},
        {R"([64,N,{"match":"wildcard"},".session.kill"])", 64},
        {R"([64,N,{"match":"wildcard"},"wamp..kill"])", 64}};
    int request = 0;
    for (const auto& [text, type] : cases) {
        const std::string message = with_names(text, {{"N", std::to_string(++request)}});
        EXPECT_EQ(passed(world, world.send(1, message)), "");
        EXPECT_EQ(world.take(), Lines{error_line(1, type, request, uris::invalid_uri)}) << message;
    }
    for (const auto* text :
         {R"([48,N,{},"wamp.session.count"])", R"([32,N,{},"wamp.session.on_join"])",
          R"([32,N,{"match":"prefix"},"wam"])", R"([32,N,{"match":"wildcard"},".session.on_join"])",
          R"([32,N,{"match":"prefix"},""])"}) {  // names, but no right to them
        const std::string message = with_names(text, {{"N", std::to_string(++request)}});
        EXPECT_EQ(passed(world, world.send(1, message)), "");
        EXPECT_EQ(world.take(),
                  Lines{error_line(1, text[1] == '4' ? 48 : 32, request, uris::not_authorized)});
    }
}

TEST_F(DoorRequests, KeepToTheirPayload) {
    world_.join(1);
    EXPECT_EQ(ask(1, R"([48,1,{},"lab.small",["123456"]])"),
              "rule small");  // ten bytes: ["123456"]
    EXPECT_EQ(ask(1, R"([48,2,{},"lab.small",["1234567"]])"), "");
    EXPECT_EQ(ask(1, R"([48,3,{},"lab.small",[1234],{"a":1}])"), "");  // both count
    EXPECT_EQ(ask(1, R"([16,4,{"acknowledge":true},"lab.small",["1234567"]])"), "");
    EXPECT_EQ(world_.take(), (Lines{error_line(1, 48, 2, uris::payload_size_exceeded),
                                    error_line(1, 48, 3, uris::payload_size_exceeded),
                                    error_line(1, 16, 4, uris::payload_size_exceeded)}));
}

TEST_F(DoorRequests, KeepToTheirRateEachSessionForItself) {
    world_.join(1);
    world_.join(2);
    EXPECT_EQ(ask(1, R"([48,1,{},"lab.slow"])"), "rule slow");
    EXPECT_EQ(ask(1, R"([48,2,{},"lab.slow"])"), "rule slow");
    EXPECT_EQ(ask(1, R"([48,3,{},"lab.slow"])"), "");
    EXPECT_EQ(world_.take(), Lines{error_line(1, 48, 3, uris::unavailable)});
    EXPECT_EQ(ask(2, R"([48,1,{},"lab.slow"])"), "rule slow");
    EXPECT_EQ(ask(1, R"([48,4,{},"lab.fast"])"), "rule all");
    world_.advance(500ms);
    EXPECT_EQ(ask(1, R"([48,5,{},"lab.slow"])"), "rule slow");
    EXPECT_EQ(ask(1, R"([48,6,{},"lab.slow"])"), "");
}

TEST_F(DoorRequests, DoNotGetANewRateByLeavingAndJoiningAgain) {
    world_.join(1);
    EXPECT_EQ(ask(1, R"([48,1,{},"lab.slow"])"), "rule slow");
    EXPECT_EQ(ask(1, R"([48,2,{},"lab.slow"])"), "rule slow");
    world_.send(1, R"([6,{},"wamp.close.close_realm"])");
    world_.send(1, hello);
    EXPECT_EQ(ask(1, R"([48,1,{},"lab.slow"])"), "");
}

// Who is spoken for
// ---------------------------------------------------------------------------------------

TEST_F(DoorRequests, OfAClientSpeakForNobodyElse) {  // W-SEC-02, W-R2R-04
    world_.join(1);
    constexpr std::string_view chain =
        R"({"forward_for":[{"session":5,"authid":"alice","authrole":"operator"}]})";
    EXPECT_EQ(ask(1, with_names(R"([48,1,CHAIN,"plant.a"])", {{"CHAIN", std::string(chain)}})), "");
    EXPECT_EQ(world_.take(), Lines{error_line(1, 48, 1, uris::not_authorized)});
    const auto event =
        world_.send(1, with_names(R"([48,2,CHAIN,"lab.a"])", {{"CHAIN", std::string(chain)}}));
    const auto& request = std::get<Door::Request>(event);
    EXPECT_FALSE(request.conveyed);
    EXPECT_EQ(request.origin_session, world_.wires.session(1));
    EXPECT_EQ(request.origin_authid, "");
}

TEST_F(DoorRequests, OfALinkAreDecidedForThePrincipalItConveys) {  // W-R2R-04, W-R2R-01
    world_.join(1, wamp::Serializer::json, Door::Trust::link);
    EXPECT_EQ(world_.wires.welcome(1).details.get_string("authrole"), "gateway");
    const auto event = world_.send(
        1, R"([48,1,{"forward_for":[{"session":5,"authid":"alice","authrole":"operator"},
                                    {"session":6,"authid":"x","authrole":"guest"}]},"plant.a"])");
    const auto& request = std::get<Door::Request>(event);
    EXPECT_TRUE(request.conveyed);
    EXPECT_EQ(request.origin_session, 5u);
    EXPECT_EQ(request.origin_authid, "alice");
    EXPECT_EQ(request.origin_role, "operator");
    EXPECT_EQ(
        ask(1,
            R"([48,2,{"forward_for":[{"session":5,"authid":"a","authrole":"guest"}]},"plant.a"])"),
        "");
    EXPECT_EQ(
        ask(1,
            R"([48,3,{"forward_for":[{"session":5,"authid":"a","authrole":"guest"}]},"lab.secret.x"])"),
        "");
    EXPECT_EQ(ask(1, R"([48,4,{"forward_for":[{}]},"lab.a"])"),
              "");  // nobody: the rules for "*" alone
    EXPECT_EQ(world_.take().size(), 3u);
    EXPECT_EQ(ask(1, R"([48,5,{},"lab.secret.x"])"), "rule all");  // the gateway itself
    EXPECT_EQ(ask(1, R"([48,6,{"forward_for":[]},"lab.a"])"), "rule all");
}

TEST_F(DoorRequests, OfALinkHaveTheRateOfTheirPrincipal) {
    DoorWorld world;
    world.join(1, wamp::Serializer::json, Door::Trust::link);
    int number = 0;
    const auto ask_for = [&](int session) {
        return passed(
            world,
            world.send(
                1, with_names(
                       R"([48,N,{"forward_for":[{"session":S,"authrole":"guest"}]},"lab.slow"])",
                       {{"N", std::to_string(++number)}, {"S", std::to_string(session)}})));
    };
    EXPECT_EQ(ask_for(101), "rule slow");
    EXPECT_EQ(ask_for(101), "rule slow");
    EXPECT_EQ(ask_for(101), "");
    EXPECT_EQ(ask_for(102), "rule slow");
}

// Payload passthru mode
// -----------------------------------------------------------------------------------

/// What the door makes of the messages of a client that announced the mode; rules are those of
/// `door_policy`, with one more.
class DoorPassthru : public testing::Test {
protected:
    DoorPassthru() : world_(std::string(door_policy) + sealed_rule) {
        world_.join(1, wamp::Serializer::json, Door::Trust::client, 16u << 20, sealing_hello);
    }

    std::string ask(std::string_view json) { return passed(world_, world_.send(1, json)); }

    static constexpr const char* sealed_rule = R"([[allow]]
id = "sealed"
roles = ["guest"]
actions = ["call", "publish"]
uri = ["lab.shell", "lab.topic"]
payload = "opaque"
)";
    DoorWorld world_;
};

TEST_F(DoorPassthru, WhatIsSealedNeedsARuleThatSaysSo) {  // architecture: Policy 6, W-PPT-01
    EXPECT_EQ(ask(R"([48,1,{"ppt_scheme":"x_own"},"lab.shell",["\u0000AQI="]])"), "rule sealed");
    EXPECT_EQ(ask(R"([16,2,{"ppt_scheme":"x_own"},"lab.topic",["\u0000AQI="]])"), "rule sealed");
    EXPECT_EQ(ask(R"([48,3,{},"lab.shell",["\u0000AQI="]])"), "rule all");
    EXPECT_EQ(world_.take(), Lines{});
    EXPECT_EQ(ask(R"([48,4,{"ppt_scheme":"x_own"},"lab.add",["\u0000AQI="]])"), "");
    EXPECT_EQ(world_.take(), Lines{error_line(1, 48, 4, uris::not_authorized)});
}

TEST_F(DoorPassthru, WhatSaysThatItIsSealedAndIsNotGoesNowhere) {  // W-PPT-03
    EXPECT_EQ(ask(R"([48,1,{"ppt_scheme":"x_own","ppt_cipher":"aes256gcm"},"lab.shell",["rm"]])"),
              "");
    EXPECT_EQ(ask(R"([16,2,{"ppt_scheme":"x_own"},"lab.topic",[1,2]])"), "");
    EXPECT_EQ(ask(R"([16,3,{"ppt_scheme":"x_own","acknowledge":true},"lab.topic",[1],{"k":2}])"),
              "");
    EXPECT_EQ(world_.take(), (Lines{error_line(1, 48, 1, uris::invalid_argument),
                                    error_line(1, 16, 3, uris::invalid_argument)}));
    EXPECT_EQ(world_.door.audit().counts().denied, 3u);
}

TEST_F(DoorPassthru, AnswersThatSayTheyAreSealedAndAreNotBecomeErrors) {  // W-PPT-03
    const wamp::Invocation invocation{1, 2, {}, {}};
    wamp::Deliveries deliveries;
    deliveries.add(world_.wires.session(1), invocation);
    std::vector<Door::Undelivered> undelivered;
    world_.door.deliver(deliveries, undelivered, world_.now, world_.wires.out);
    const auto error_of = [&](std::string_view json) {
        const auto event = world_.send(1, json);
        const auto* followup = std::get_if<Door::Followup>(&event);
        const auto* error =
            followup == nullptr ? nullptr : std::get_if<wamp::Error>(&followup->message);
        if (error == nullptr) return std::string("none");
        return error->uri + (error->payload.empty() && error->details.empty() ? "" : " with more");
    };
    EXPECT_EQ(error_of(R"([70,1,{"ppt_scheme":"x_own"},["\u0000AQI="]])"), "none");
    EXPECT_EQ(error_of(R"([70,1,{"ppt_scheme":"x_own"}])"), "wamp.error.invalid_argument");
    EXPECT_EQ(error_of(R"([8,68,1,{"ppt_scheme":"x_own"},"lab.failed",["\u0000AQI="]])"),
              "lab.failed with more");
    EXPECT_EQ(error_of(R"([8,68,1,{"ppt_scheme":"x_own"},"lab.failed",[1,2]])"), "lab.failed");
}

// Vectors
// -------------------------------------------------------------------------------------------------

TEST(DoorVectors, InvalidMessagesGetTheAnswerThatIsDue) {
    for (const auto serializer : {wamp::Serializer::json, wamp::Serializer::msgpack}) {
        for (const auto& test : vectors::load("invalid-messages.json", "cases")) {
            const nlohmann::json& message = test.at("wmsg");
            const std::string expect = test.at("expect");
            DoorWorld world;
            world.open(1, serializer);
            const bool opens =
                message.is_array() && !message.empty() && (message[0] == 1 || message[0] == 5);
            if (!opens) {
                world.send(1, hello);
                world.take();
            }
            std::string bytes = message.dump();
            if (serializer == wamp::Serializer::msgpack) {
                const auto packed = nlohmann::json::to_msgpack(message);
                bytes.assign(packed.begin(), packed.end());
            }
            const auto event = world.door.on_message(peer(1), bytes, world.now, world.wires.out);
            EXPECT_FALSE(std::holds_alternative<Door::Request>(event)) << message;
            const Lines lines = world.take();
            if (expect == "protocol_violation") {
                EXPECT_EQ(lines, (Lines{"1 " + std::string(violated), "1 closed"})) << message;
                EXPECT_EQ(std::holds_alternative<Door::Left>(event), !opens) << message;
            } else if (expect == "accept") {  // well-formed, though nobody has a right to it
                EXPECT_EQ(lines, Lines{error_line(1, message[0], 1, uris::not_authorized)})
                    << message;
            } else {
                EXPECT_EQ(lines, Lines{error_line(1, message[0], 1, uris::invalid_uri)}) << message;
            }
        }
    }
}

}  // namespace
}  // namespace sallyport::policy
