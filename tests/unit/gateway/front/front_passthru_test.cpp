// Payload passthru mode through a front: who may seal, what crosses, and what is refused.
#include "tests/unit/gateway/front/front_world.h"

namespace sallyport::gateway {
namespace {

using backend_link::BackendKind;
using policy::sealing_hello;
using policy::violated;

constexpr std::string_view sealed_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "guest" }
[[route]]
id = "all"
match = "prefix"
uri = "lab."
to = "inside"
[[allow]]
id = "sealed"
roles = ["guest"]
actions = ["call", "publish"]
match = "prefix"
uri = "lab.sealed."
payload = "opaque"
[[allow]]
id = "plain"
roles = ["guest"]
actions = ["call", "publish"]
match = "prefix"
uri = "lab.open."
[[allow]]
id = "hear"
roles = ["guest"]
actions = ["register", "subscribe"]
match = "prefix"
uri = "lab."
[[forbid]]
id = "never"
roles = ["*"]
actions = ["call"]
uri = "lab.sealed.never"
payload = "opaque"
)";

constexpr std::string_view passing_welcome =
    R"([2,77,{"roles":{"broker":{"features":{"payload_passthru_mode":true}},)"
    R"("dealer":{"features":{"call_canceling":true,"payload_passthru_mode":true}}}}])";

const std::string seal =
    R"("ppt_scheme":"wamp","ppt_serializer":"cbor","ppt_cipher":"xsalsa20poly1305","ppt_keyid":"k1")";
const std::string boxed = R"(["\u0000AQI="])";

/// Client 1 has the mode, client 2 has not; the router behind is at 9.
class FrontPassthru : public testing::Test {
protected:
    FrontPassthru() { world_.take(); }

    void link_up(std::string_view said = passing_welcome,
                 Serializer serializer = Serializer::json) {
        world_.link_open(9, serializer);
        world_.take();
        world_.send(9, said);
        world_.join(1, Serializer::json, 16u << 20, sealing_hello);
        world_.join(2);
    }
    std::string registered() {
        world_.send(1, R"([64,1,{},"lab.sealed.mine"])");
        world_.take();
        return world_.after(9, "[65,1,500]").at(0);
    }

    FrontWorld world_{true, BackendKind::generic, sealed_policy};
};

// architecture: Policy 6, W-PPT-01
TEST_F(FrontPassthru, ASealedCallPassesByARuleThatCoversWhatCannotBeRead) {
    link_up();
    EXPECT_EQ(world_.after(1, "[48,1,{" + seal + R"(,"x_own":1},"lab.sealed.x",)" + boxed + "]"),
              Lines{"9 [48,1,{" + seal + R"(},"lab.sealed.x",)" + boxed + "]"});
    EXPECT_EQ(world_.after(9, "[50,1,{" + seal + "}," + boxed + "]"),
              Lines{"1 [50,1,{" + seal + "}," + boxed + "]"});
    EXPECT_EQ(world_.front.links()[0].counts.calls, 0u);
}

// architecture: Policy 6
TEST_F(FrontPassthru, ASealedCallIsDeniedByTheAbsenceOfSuchARule) {
    link_up();
    EXPECT_EQ(world_.after(1, "[48,1,{" + seal + R"(},"lab.open.x",)" + boxed + "]"),
              Lines{R"(1 [8,48,1,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(world_.after(1, "[48,2,{" + seal + R"(},"lab.sealed.never",)" + boxed + "]"),
              Lines{R"(1 [8,48,2,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(world_.after(1, "[16,3,{" + seal + R"(},"lab.open.x",)" + boxed + "]"), Lines{});
    EXPECT_EQ(world_.after(
                  1, R"([16,4,{"acknowledge":true,)" + seal + R"(},"lab.open.x",)" + boxed + "]"),
              Lines{R"(1 [8,16,4,{},"wamp.error.not_authorized"])"});
}

// architecture: Policy 6: the rule covers nothing else.
TEST_F(FrontPassthru, WhatCanBeReadIsNoSealedCall) {
    link_up();
    EXPECT_EQ(world_.after(1, R"([48,1,{},"lab.sealed.x",)" + boxed + "]"),
              Lines{R"(1 [8,48,1,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(
        world_.after(
            1, R"([48,2,{"ppt_scheme":"","ppt_cipher":"aes256gcm"},"lab.sealed.x",)" + boxed + "]"),
        Lines{R"(1 [8,48,2,{},"wamp.error.not_authorized"])"});
}

// W-PPT-02
TEST_F(FrontPassthru, AClientThatDidNotAnnounceTheModeMayNotUseIt) {
    link_up();
    EXPECT_EQ(world_.after(2, "[48,1,{" + seal + R"(},"lab.sealed.x",)" + boxed + "]"),
              (Lines{"2 " + std::string(violated), "2 closed"}));
}

// W-PPT-02
TEST_F(FrontPassthru, ARouterBehindThatLacksTheModeIsAskedNothingInIt) {
    link_up(welcome);
    EXPECT_EQ(world_.after(1, "[48,1,{" + seal + R"(},"lab.sealed.x",)" + boxed + "]"),
              Lines{R"(1 [8,48,1,{},"wamp.error.feature_not_supported"])"});
    EXPECT_EQ(world_.after(1, "[16,2,{" + seal + R"(},"lab.sealed.t",)" + boxed + "]"), Lines{});
    EXPECT_EQ(world_.after(
                  1, R"([16,3,{"acknowledge":true,)" + seal + R"(},"lab.sealed.t",)" + boxed + "]"),
              Lines{R"(1 [8,16,3,{},"wamp.error.feature_not_supported"])"});
}

// W-PPT-03: refused before anybody behind sees it, whatever the rules say.
TEST_F(FrontPassthru, WhatHasNotTheShapeOfTheModeIsRefused) {
    link_up();
    int request = 0;
    for (const auto* payload :
         {"", R"(,["text"])", R"(,["\u0000AQI=",1])", R"(,["\u0000AQI="],{"k":1})", ",[]"}) {
        for (const auto* uri : {"lab.sealed.x", "lab.open.x"}) {
            const std::string number = std::to_string(++request);
            const std::string rest = ",{" + seal + "},\"" + uri + "\"" + payload + "]";
            EXPECT_EQ(world_.after(1, "[48," + number + rest),
                      Lines{"1 [8,48," + number + R"(,{},"wamp.error.invalid_argument"])"})
                << payload;
            EXPECT_EQ(world_.after(1, "[16," + std::to_string(++request) + rest), Lines{})
                << payload;
        }
    }
}

// W-PPT-03: the call ends all the same.
TEST_F(FrontPassthru, AnAnswerThatHasNotTheShapeOfTheModeIsAnError) {
    link_up();
    registered();
    world_.send(9, "[68,1,500,{}]");
    world_.send(9, "[68,2,500,{}]");
    world_.take();
    EXPECT_EQ(world_.after(1, "[70,1,{" + seal + R"(},["text"]])"),
              Lines{R"(9 [8,68,1,{},"wamp.error.invalid_argument"])"});
    EXPECT_EQ(world_.after(1, "[8,68,2,{" + seal + R"(},"lab.failed",["text"]])"),
              Lines{R"(9 [8,68,2,{},"lab.failed"])"});
}

// W-PPT-01
TEST_F(FrontPassthru, ACalleeOutsideIsCalledAndAnswersInTheMode) {
    link_up();
    registered();
    EXPECT_TRUE(world_.after(9, "[68,1,500,{" + seal + "}," + boxed + "]")
                    .at(0)
                    .ends_with("{" + seal + "}," + boxed + "]"));
    EXPECT_EQ(world_.after(1, "[70,1,{" + seal + "}," + boxed + "]"),
              Lines{"9 [70,1,{" + seal + "}," + boxed + "]"});
}

// W-PPT-04
TEST_F(FrontPassthru, EventsInTheModeGoToThoseWhoHaveIt) {
    link_up();
    world_.send(1, R"([32,1,{},"lab.sealed.t"])");
    world_.send(9, "[33,1,600]");
    world_.send(2, R"([32,1,{},"lab.sealed.t"])");
    world_.take();
    const Lines events = world_.after(9, "[36,600,9,{" + seal + "}," + boxed + "]");
    ASSERT_EQ(events.size(), 1u);
    EXPECT_TRUE(events[0].starts_with("1 [36,") &&
                events[0].ends_with("{" + seal + "}," + boxed + "]"))
        << events[0];
}

// W-SER-04: bytes on one side, text that stands for them on the other.
TEST_F(FrontPassthru, BytesStayTheSameInAnotherSerializer) {
    link_up(passing_welcome, Serializer::msgpack);
    world_.send(1, "[48,1,{" + seal + R"(},"lab.sealed.x",)" + boxed + "]");
    world_.wires.take();
    EXPECT_TRUE(world_.wires.raw(9).ends_with("\x91\xc4\x02\x01\x02"));
    EXPECT_EQ(world_.after(9, "[50,1,{" + seal + "}," + boxed + "]"),
              Lines{"1 [50,1,{" + seal + "}," + boxed + "]"});
}

// W-SEC-21: a link is not for long names.
TEST_F(FrontPassthru, WhatDescribesThePayloadIsShort) {
    link_up();
    EXPECT_EQ(world_.after(1, R"([48,1,{"ppt_scheme":"x_own","ppt_keyid":")" +
                                  std::string(257, 'x') + R"("},"lab.sealed.x",)" + boxed + "]"),
              Lines{R"(1 [8,48,1,{},"wamp.error.invalid_argument"])"});
}

bool announces(FrontWorld& world) {
    world.take();
    world.join(1, Serializer::json, 16u << 20, sealing_hello);
    const auto& roles = *world.wires.welcome(1).details.get_dict("roles");
    const auto has = [&](std::string_view role) {
        return roles.get_dict(role)->get_dict("features")->get_bool("payload_passthru_mode", false);
    };
    EXPECT_EQ(has("broker"), has("dealer"));
    return has("dealer");
}

// W-FEA-01, W-PPT-02, W-PPT-06
TEST_F(FrontPassthru, IsAnnouncedUnlessNoRouterBehindCanHaveIt) {
    for (const BackendKind kind :
         {BackendKind::sallyport, BackendKind::nexus, BackendKind::generic}) {
        FrontWorld world(true, kind, sealed_policy);
        EXPECT_TRUE(announces(world));
    }
    FrontWorld world(true, BackendKind::crossbar, sealed_policy);
    EXPECT_FALSE(announces(world));
    EXPECT_EQ(world.after(1, "[48,1,{" + seal + R"(},"lab.sealed.x",)" + boxed + "]"),
              (Lines{"1 " + std::string(violated), "1 closed"}));
}

}  // namespace
}  // namespace sallyport::gateway
