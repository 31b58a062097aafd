#include "gateway/front/front.h"

#include <algorithm>

#include "tests/unit/gateway/front/front_world.h"
#include "wamp/message/uris.h"

namespace sallyport::gateway {
namespace {

namespace uris = wamp::uris;
class FrontTest : public testing::Test {
protected:
    FrontTest() { world_.take(); }

    FrontWorld world_;
};

// The way through
// -----------------------------------------------------------------------------------------

TEST_F(FrontTest, ForwardsACallAndItsAnswer) {
    world_.link_up();
    world_.join(1);
    world_.join(2);
    EXPECT_EQ(world_.after(1, R"([48,1,{},"lab.add",[1],{"k":2}])"),
              Lines{R"(9 [48,1,{},"lab.add",[1],{"k":2}])"});
    EXPECT_EQ(world_.after(2, R"([48,1,{},"lab.fail"])"), Lines{R"(9 [48,2,{},"lab.fail"])"});
    EXPECT_EQ(world_.after(9, R"([8,48,2,{},"lab.failed",[1],{"why":2}])"),
              Lines{R"(2 [8,48,1,{},"lab.failed",[1],{"why":2}])"});
    EXPECT_EQ(world_.after(9, R"([50,1,{},[3]])"), Lines{"1 [50,1,{},[3]]"});
    EXPECT_EQ(world_.after(9, R"([50,1,{},[3]])"), Lines{});
    EXPECT_EQ(world_.front.links()[0].counts.calls, 0u);
}

TEST_F(FrontTest, TakesTheRouteOfTheRule) {
    world_.link_up(9, Serializer::json, 1 << 20, 0);
    world_.link_up(8, Serializer::json, 1 << 20, 1);
    world_.join(1);
    EXPECT_EQ(world_.after(1, R"([48,1,{},"lab.plc.x"])"), Lines{R"(8 [48,1,{},"lab.plc.x"])"});
    EXPECT_EQ(world_.after(1, R"([48,2,{},"lab.x"])"), Lines{R"(9 [48,1,{},"lab.x"])"});
    EXPECT_EQ(world_.after(8, "[50,1,{},[8]]"), Lines{"1 [50,1,{},[8]]"});
    EXPECT_EQ(world_.after(9, "[50,1,{},[9]]"), Lines{"1 [50,2,{},[9]]"});
}

TEST_F(FrontTest, LetsNothingThroughThatIsDenied) {
    world_.link_up();
    world_.join(1);
    EXPECT_EQ(world_.after(1, R"([48,1,{},"lab.secret.x"])"),
              Lines{R"(1 [8,48,1,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(world_.after(1, R"([48,2,{},"elsewhere"])"),
              Lines{R"(1 [8,48,2,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(world_.after(1, R"([16,3,{},"lab.secret.x"])"), Lines{});
    EXPECT_EQ(world_.after(1, R"([32,4,{"match":"prefix"},"lab."])"),
              Lines{R"(1 [8,32,4,{},"wamp.error.not_authorized"])"});
}

TEST_F(FrontTest, LeavesOutWhatAClientHasNoSayIn) {  // W-SEC-01, W-SEC-02, W-SEC-03
    FrontWorld world(true, backend_link::BackendKind::sallyport);
    world.take();
    world.link_up();
    world.join(1);
    world.send(
        1, R"([48,1,{"forward_for":[{"session":1,"authid":"boss","authrole":"operator"}],"caller":5,
                     "caller_authid":"boss","x_private":1},"lab.a"])");
    const std::string authid(world.wires.welcome(1).details.get_string("authid"));
    Lines lines = world.wires.take_named();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(
        with_names(lines[0], {{authid, "A1"}}),
        R"(9 [48,1,{"forward_for":[{"session":S1,"authid":"A1","authrole":"guest"}],"x_request":1},"lab.a"])");
}

TEST_F(FrontTest, ServesACalleeOutside) {
    world_.link_up();
    world_.join(1);
    EXPECT_EQ(world_.after(1, R"([64,1,{},"lab.mine"])"), Lines{R"(9 [64,1,{},"lab.mine"])"});
    EXPECT_EQ(world_.after(9, "[65,1,500]").size(), 1u);
    EXPECT_EQ(world_.after(9, "[68,1,500,{},[1]]").at(0).substr(0, 8), "1 [68,1,");
    EXPECT_EQ(world_.after(1, "[70,1,{},[2]]"), Lines{"9 [70,1,{},[2]]"});
    EXPECT_EQ(world_.after(1, "[70,1,{},[2]]"), Lines{});  // late: no fault, no effect
}

TEST_F(FrontTest, KnowsWhatNobodyHas) {
    world_.link_up();
    world_.join(1);
    EXPECT_EQ(world_.after(1, "[34,1,77]"),
              Lines{R"(1 [8,34,1,{},"wamp.error.no_such_subscription"])"});
    EXPECT_EQ(world_.after(1, "[66,2,77]"),
              Lines{R"(1 [8,66,2,{},"wamp.error.no_such_registration"])"});
    EXPECT_EQ(world_.after(1, "[49,2,{}]"), Lines{});
}

TEST_F(FrontTest, LetsOneSessionGiveUpOnlyWhatIsItsOwn) {
    world_.link_up();
    world_.join(1);
    world_.join(2);
    world_.send(1, R"([32,1,{},"lab.topic"])");
    world_.take();
    const std::string subscribed = world_.after(9, "[33,1,500]").at(0);  // 1 [33,1,ID]
    const std::string id = subscribed.substr(8, subscribed.size() - 9);
    EXPECT_EQ(world_.after(2, "[34,1," + id + "]"),
              Lines{R"(2 [8,34,1,{},"wamp.error.no_such_subscription"])"});
    EXPECT_EQ(world_.after(9, "[36,500,9,{},[1]]").at(0).substr(0, 6), "1 [36,");
}

// W-ORD-07
TEST_F(FrontTest, EndsASubscriptionThatIsNotConfirmedYetByItsKnownId) {
    world_.link_up();
    world_.join(1);
    world_.join(2);
    world_.send(1, R"([32,1,{},"lab.topic"])");
    world_.take();
    const std::string subscribed = world_.after(9, "[33,1,500]").at(0);  // 1 [33,1,ID]
    const std::string id = subscribed.substr(8, subscribed.size() - 9);
    world_.send(9, R"([35,0,{"subscription":500}])");  // 1 is not told: it supports no revocation
    world_.send(1, R"([32,2,{},"lab.topic"])");
    world_.take();
    const std::string again = world_.after(9, "[33,2,501]").at(0);
    EXPECT_NE(again, "1 [33,2," + id + "]") << "ids are not used again";
    const std::string second = again.substr(8, again.size() - 9);
    EXPECT_EQ(world_.after(2, "[34,1," + second + "]"),
              Lines{R"(2 [8,34,1,{},"wamp.error.no_such_subscription"])"});
    world_.lose(9);
    world_.take();
    world_.link_up();  // SUBSCRIBE is not answered
    world_.take();
    EXPECT_EQ(world_.after(2, R"([32,2,{},"lab.topic"])"), Lines{});
    EXPECT_EQ(world_.after(2, "[34,3," + second + "]"), Lines{});
    EXPECT_EQ(world_.after(9, "[33,1,502]"), (Lines{"2 [33,2," + second + "]", "2 [35,3]"}));
    EXPECT_EQ(world_.after(9, "[36,502,9,{},[1]]").at(0).substr(0, 6), "1 [36,");
}

// Sizes and serializers
// -----------------------------------------------------------------------------------

TEST_F(FrontTest, SendsTheLinkNothingLargerThanItAccepts) {  // W-RAW-06, W-RAW-11
    world_.link_up(9, Serializer::json, 8192);
    world_.join(1);
    const std::string big(8000, 'x');
    EXPECT_EQ(world_.after(1, R"([48,1,{},"lab.a",[")" + big + "\"]]"),
              Lines{R"(1 [8,48,1,{},"wamp.error.payload_size_exceeded"])"});
    EXPECT_EQ(world_.after(1, R"([16,2,{},"lab.a",[")" + big + "\"]]"), Lines{});
    EXPECT_EQ(world_.after(1, R"([16,3,{"acknowledge":true},"lab.a",[")" + big + "\"]]"),
              Lines{R"(1 [8,16,3,{},"wamp.error.payload_size_exceeded"])"});
    EXPECT_EQ(world_.after(1, R"([48,4,{},"lab.a",[1]])"), Lines{R"(9 [48,1,{},"lab.a",[1]])"});
}

TEST_F(FrontTest, SendsTheLinkNoListsThatItCannotTake) {  // W-RAW-06
    FrontWorld world(true, backend_link::BackendKind::sallyport);
    world.take();
    world.link_up(9, Serializer::json, 8192);
    world.join(1);
    const std::string big(8000, 'x');
    EXPECT_EQ(world.after(
                  1, R"([16,1,{"acknowledge":true,"eligible_authid":[")" + big + R"("]},"lab.a"])"),
              Lines{R"(1 [8,16,1,{},"wamp.error.payload_size_exceeded"])"});
}

TEST_F(FrontTest, TellsTheLinkOfAnswersThatItCannotTake) {  // W-RAW-06
    world_.link_up(9, Serializer::json, 8192);
    world_.join(1);
    world_.send(1, R"([64,1,{},"lab.mine"])");
    world_.send(9, "[65,1,500]");
    world_.send(9, "[68,1,500,{}]");
    world_.send(9, "[68,2,500,{}]");
    world_.take();
    const std::string big(9000, 'x');
    EXPECT_EQ(world_.after(1, "[70,1,{},[\"" + big + "\"]]"),
              Lines{R"(9 [8,68,1,{},"wamp.error.payload_size_exceeded"])"});
    EXPECT_EQ(world_.after(1, R"([8,68,2,{},"lab.failed",[")" + big + "\"]]"),
              Lines{R"(9 [8,68,2,{},"lab.failed"])"});
    EXPECT_TRUE(world_.front.links()[0].up);
}

TEST_F(FrontTest, RefusesWhatTheLinkCannotRepresent) {  // W-SER-05, W-SER-09
    world_.link_up(9, Serializer::msgpack);
    world_.join(1);
    EXPECT_EQ(world_.after(1, R"([48,1,{},"lab.a",["\u0000!!!"]])"),
              Lines{R"(1 [8,48,1,{},"wamp.error.invalid_argument"])"});
    EXPECT_EQ(world_.after(1, R"([16,2,{},"lab.a",["\u0000!!!"]])"), Lines{});
    EXPECT_EQ(world_.after(1, R"([48,3,{},"lab.a",[1.5]])"), Lines{R"(9 [48,1,{},"lab.a",[1.5]])"});
    EXPECT_EQ(world_.after(1, R"([64,4,{},"lab.mine"])"), Lines{R"(9 [64,2,{},"lab.mine"])"});
    world_.send(9, "[65,2,500]");
    world_.send(9, "[68,1,500,{}]");
    world_.take();
    EXPECT_EQ(world_.after(1, R"([70,1,{},["\u0000!!!"]])"),
              Lines{R"(9 [8,68,1,{},"wamp.error.invalid_argument"])"});
}

TEST_F(FrontTest, AnswersForClientsThatCannotBeTold) {  // W-SER-09, W-RAW-11
    world_.link_up(9, Serializer::msgpack);
    world_.join(1, Serializer::json, 1024);
    world_.send(1, R"([64,1,{},"lab.mine"])");
    world_.send(9, "[65,1,500]");
    world_.send(1, R"([48,2,{},"lab.a"])");
    world_.take();
    const std::string nan("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", 9);
    world_.send_bytes(9, "\x95\x44\x01\xcd\x01\xf4\x80\x91" + nan);  // [68,1,500,{},[NaN]]
    EXPECT_EQ(world_.take(), Lines{R"(9 [8,68,1,{},"wamp.error.invalid_argument"])"});
    EXPECT_EQ(world_.after(9, "[68,2,500,{},[\"" + std::string(2000, 'x') + "\"]]"),
              Lines{R"(9 [8,68,2,{},"wamp.error.payload_size_exceeded"])"});
    world_.send_bytes(9, "\x94\x32\x02\x80\x91" + nan);  // [50,2,{},[NaN]]
    EXPECT_EQ(world_.take(), Lines{R"(1 [8,48,2,{},"wamp.error.invalid_argument"])"});
}

// The link
// ------------------------------------------------------------------------------------------------

TEST_F(FrontTest, EndsCallsOnceWhenTheLinkIsLost) {
    world_.link_up();
    world_.join(1);
    world_.join(2);
    world_.send(1, R"([48,1,{},"lab.a"])");
    world_.send(2, R"([48,1,{},"lab.b"])");
    world_.take();
    world_.lose(9);
    EXPECT_EQ(world_.take(), (Lines{R"(1 [8,48,1,{},"wamp.error.network_failure"])",
                                    R"(2 [8,48,1,{},"wamp.error.network_failure"])"}));
    EXPECT_EQ(world_.after(9, "[50,1,{}]"), Lines{});
    EXPECT_EQ(world_.after(1, R"([48,2,{},"lab.a"])"),
              Lines{R"(1 [8,48,2,{},"wamp.error.unavailable"])"});
    EXPECT_EQ(world_.after(1, R"([16,3,{},"lab.a"])"), Lines{});
    EXPECT_EQ(world_.front.sessions(), 2u);
    world_.advance(100ms);
    EXPECT_EQ(world_.take(), Lines{"dial 0"});
    world_.link_up(10);
    EXPECT_EQ(world_.after(1, R"([48,4,{},"lab.a"])"), Lines{R"(10 [48,1,{},"lab.a"])"});
    EXPECT_EQ(world_.after(10, "[50,1,{}]"), Lines{"1 [50,4,{}]"});
}

TEST_F(FrontTest, RestoresSubscriptionsWithTheLink) {
    world_.link_up();
    world_.join(1);
    world_.send(1, R"([32,1,{},"lab.topic"])");
    world_.take();
    const std::string id = world_.after(9, "[33,1,500]").at(0).substr(8);
    world_.lose(9);
    EXPECT_EQ(world_.take(), Lines{});
    world_.link_open(10);
    world_.take();
    EXPECT_EQ(world_.after(10, welcome), Lines{R"(10 [32,1,{},"lab.topic"])"});
    EXPECT_EQ(world_.after(10, "[33,1,600]"), Lines{});
    EXPECT_EQ(world_.after(10, "[36,600,5,{},[1]]"),
              Lines{"1 [36," + id.substr(0, id.size() - 1) + ",5,{},[1]]"});
}

TEST_F(FrontTest, DialsAgainAndAgain) {
    for (int attempt = 0; attempt < 20; ++attempt) {
        world_.front.on_link_failed(0, "refused", world_.now, world_.wires.out);
        EXPECT_EQ(world_.take(), Lines{});
        const auto failed = world_.now;
        Lines lines;
        while (lines.empty()) {
            ASSERT_LE(world_.front.deadline(), failed + 5s) << attempt;
            world_.advance(world_.front.deadline() - world_.now);
            lines = world_.take();
        }
        EXPECT_EQ(lines, Lines{"dial 0"});
    }
}

TEST_F(FrontTest, ClosesALinkThatSendsInvalidMessages) {
    for (const std::string nonsense :
         {"garbage", "[999]", R"([1,"lab",{}])", R"([48,1,{},"lab.a"])", "[6]"}) {
        FrontWorld world;
        world.take();
        world.link_up();
        world.join(1);
        world.send(1, R"([48,1,{},"lab.a"])");
        world.take();
        world.send_bytes(9, nonsense);
        const Lines lines = world.take();
        EXPECT_NE(std::find(lines.begin(), lines.end(), "9 closed"), lines.end()) << nonsense;
        EXPECT_NE(
            std::find(lines.begin(), lines.end(), R"(1 [8,48,1,{},"wamp.error.network_failure"])"),
            lines.end())
            << nonsense;
        EXPECT_FALSE(world.front.links()[0].up);
        world.advance(100ms);
        EXPECT_EQ(world.take(), Lines{"dial 0"});
    }
}

TEST_F(FrontTest, LetsALinkNestDeeperThanAClient) {  // W-MSG-11: who wraps what a client said must
                                                     // not cost all the link
    world_.link_up();
    world_.join(1);
    world_.join(2);
    const std::string deep = std::string(100, '[') + std::string(100, ']');
    world_.send(1, R"([48,1,{},"lab.a"])");
    world_.send(9, "[50,1,{}," + deep + "]");
    EXPECT_TRUE(world_.front.links()[0].up);
    EXPECT_EQ(world_.front.links()[0].counts.calls, 0u);
    world_.send(2, R"([48,1,{},"lab.a",)" + deep + "]");
    EXPECT_EQ(world_.front.sessions(), 1u);
}

TEST_F(FrontTest, PingsASilentLinkAndGivesItUp) {
    world_.link_up();
    world_.advance(3s);
    EXPECT_EQ(world_.take(), Lines{"9 ping"});
    world_.front.on_alive(peer(9), world_.now);
    world_.advance(3s);
    EXPECT_EQ(world_.take(), Lines{"9 ping"});
    world_.advance(3s);
    EXPECT_EQ(world_.take(), Lines{"9 ping"});
    world_.advance(3s);
    const Lines lines = world_.take();
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines[0], "9 closed");
}

// W-GWY-16
TEST_F(FrontTest, ProbesALinkWhenASecondConnectionComesAndLetsItTakeOverFromASilentOne) {
    FrontWorld world(false);
    EXPECT_EQ(world.take(), Lines{});
    world.link_up();
    world.join(1);
    world.send(1, R"([48,1,{},"lab.a"])");
    world.take();
    world.link_open(10);
    EXPECT_EQ(world.take(), Lines{"9 ping"});
    world.advance(999ms);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.front.links()[0].up);
    world.advance(1ms);
    const Lines lines = world.take();
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[0], "9 closed");
    EXPECT_EQ(lines[1], R"(1 [8,48,1,{},"wamp.error.network_failure"])");
    EXPECT_EQ(lines[2].substr(0, 15), R"(10 [1,"inner",{)");
    world.send(10, welcome);
    EXPECT_EQ(world.take(), Lines{});
    world.lose(9);  // its end is told late
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_EQ(world.after(1, R"([48,2,{},"lab.a"])"), Lines{R"(10 [48,1,{},"lab.a"])"});
}

// W-GWY-16
TEST_F(FrontTest, RefusesASecondConnectionWhileTheFirstOneAnswersAndNamesBothAddresses) {
    FrontWorld world(false);
    world.take();
    const auto open = [&](std::uint64_t id, std::string_view address) {
        world.front.on_link_open(0, peer(id), world.wires.open(id), world.now, world.wires.out,
                                 address);
    };
    open(9, "10.0.0.5:4711");
    world.take();
    world.send(9, welcome);
    for (std::uint64_t id = 10; id < 15; ++id) {
        open(id, "10.0.0.7:" + std::to_string(id));
        EXPECT_EQ(world.take(), Lines{"9 ping"});
        world.now += 1ms;
        world.front.on_alive(peer(9), world.now);
        world.advance(999ms);
        EXPECT_EQ(world.take(), Lines{std::to_string(id) + " closed"});
        world.lose(id);
    }
    EXPECT_TRUE(world.front.links()[0].up);
    const std::string& notes = world.wires.notes();
    const std::string_view said =
        "link inside: a second connection, from 10.0.0.7:10, is refused: the one from "
        "10.0.0.5:4711 stands; one inside runs twice, or two have the same key";
    EXPECT_NE(notes.find(said), std::string::npos) << notes;
    EXPECT_EQ(notes.find("is refused"), notes.rfind("is refused"));  // said once a minute
    EXPECT_EQ(notes.find("lost"), std::string::npos);
}

TEST_F(FrontTest, RefusesAThirdConnectionAtOnceAndOneThatSpeaksFirst) {
    FrontWorld world(false);
    world.link_up();
    world.link_open(10);
    world.take();
    world.link_open(11);
    EXPECT_EQ(world.take(), Lines{"11 closed"});
    world.send(10, welcome);
    EXPECT_EQ(world.take(), Lines{"10 closed"});
    world.advance(1s);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.front.links()[0].up);
}

TEST_F(FrontTest, LetsASecondConnectionTakeOverWhenTheFirstOneIsLostAndForgetsOneThatHasGone) {
    FrontWorld world(false);
    world.link_up();
    world.link_open(10);
    world.take();
    world.lose(9);
    EXPECT_EQ(world.take().at(0).substr(0, 15), R"(10 [1,"inner",{)");
    world.send(10, welcome);
    EXPECT_TRUE(world.front.links()[0].up);
    world.link_open(11);
    world.lose(11);
    world.take();
    world.advance(1s);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_TRUE(world.front.links()[0].up);
}

TEST_F(FrontTest, DialsBesideASilentLinkAndReplacesItIfItStaysSilent) {
    for (const bool answers : {true, false}) {
        FrontWorld world(true, backend_link::BackendKind::generic, front_policy, 64U << 10,
                         SIZE_MAX, {1s, 2s, 9s});
        world.take();
        world.link_up();
        world.advance(1s);
        EXPECT_EQ(world.take(), Lines{"9 ping"});
        world.advance(1s);
        EXPECT_EQ(world.take(), (Lines{"9 ping", "dial 0"}));
        world.link_open(10);
        EXPECT_EQ(world.take(), Lines{"9 ping"});
        world.now += 1ms;
        if (answers) world.front.on_alive(peer(9), world.now);
        world.advance(99ms);
        const Lines lines = world.take();
        EXPECT_EQ(lines.at(0), answers ? "10 closed" : "9 closed");
        EXPECT_EQ(lines.size(), answers ? 1u : 2u);
    }
}

TEST_F(FrontTest, ClosesADialledConnectionThatIsNotNeededAnyMore) {
    world_.link_up();
    world_.link_open(10);
    EXPECT_EQ(world_.take(), Lines{"10 closed"});
    EXPECT_TRUE(world_.front.links()[0].up);
}

// W-RAW-08
TEST_F(FrontTest, ProbesCrossbarWithARequestThatItAnswers) {
    FrontWorld world(true, backend_link::BackendKind::crossbar);
    world.take();
    world.link_up();
    world.join(1);
    world.advance(3s);
    EXPECT_EQ(world.take(), Lines{"9 [34,1,9007199254740992]"});
    EXPECT_EQ(world.after(9, R"([8,34,1,{},"wamp.error.no_such_subscription"])"), Lines{});
    EXPECT_EQ(world.after(1, R"([48,1,{},"lab.a"])"), Lines{R"(9 [48,2,{},"lab.a"])"});
    world.advance(3s);
    EXPECT_EQ(world.take(), Lines{"9 [34,3,9007199254740992]"});
    world.advance(6s);
    EXPECT_EQ(world.take().at(0), "9 closed");
    EXPECT_FALSE(world.front.links()[0].up);
}

// The end
// -------------------------------------------------------------------------------------------------

TEST_F(FrontTest, ForgetsAClientThatHasGone) {
    world_.link_up();
    world_.join(1);
    world_.send(1, R"([48,1,{},"lab.a"])");
    world_.send(1, R"([32,2,{},"lab.topic"])");
    world_.send(9, "[33,2,500]");
    world_.take();
    world_.lose(1);
    EXPECT_EQ(world_.take(), (Lines{R"(9 [49,1,{"mode":"killnowait"}])", "9 [34,3,500]"}));
    EXPECT_EQ(world_.after(9, "[50,1,{}]"), Lines{});
    EXPECT_EQ(world_.after(9, "[35,3]"), Lines{});
    EXPECT_EQ(world_.front.sessions(), 0u);
    const auto counts = world_.front.links()[0].counts;
    EXPECT_EQ(counts.calls + counts.subscriptions, 0u);
}

TEST_F(FrontTest, StopsInOrder) {
    world_.link_up();
    world_.join(1);
    // It never joins.
    world_.front.on_open(peer(2), world_.wires.open(2), world_.now, world_.wires.out);
    world_.front.stop(world_.now, world_.wires.out);
    EXPECT_EQ(world_.take(), (Lines{R"(1 [6,{},"wamp.close.system_shutdown"])",
                                    R"(2 [3,{},"wamp.close.system_shutdown"])", "2 closed",
                                    R"(9 [6,{},"wamp.close.system_shutdown"])"}));
    EXPECT_FALSE(world_.front.stopped());
    world_.front.on_open(peer(3), world_.wires.open(3), world_.now, world_.wires.out);
    world_.front.on_link_open(1, peer(8), world_.wires.open(8), world_.now, world_.wires.out);
    EXPECT_EQ(world_.take(), (Lines{"3 closed", "8 closed"}));
    EXPECT_EQ(world_.after(1, R"([6,{},"wamp.close.goodbye_and_out"])"), Lines{"1 closed"});
    EXPECT_EQ(world_.after(9, R"([6,{},"wamp.close.goodbye_and_out"])"), Lines{"9 closed"});
    EXPECT_TRUE(world_.front.stopped());
}

TEST_F(FrontTest, StopsInTimeThoughNobodyAnswers) {
    world_.link_up();
    world_.join(1);
    world_.send(1, R"([48,1,{},"lab.a"])");
    world_.front.stop(world_.now, world_.wires.out);
    for (int i = 0; i < 20 && !world_.front.stopped(); ++i) world_.advance(100ms);
    EXPECT_TRUE(world_.front.stopped());
    const Lines lines = world_.take();
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "1 closed"), 1);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "9 closed"), 1);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "dial 0"), 0);
}

TEST_F(FrontTest, ReportsItsState) {
    world_.link_up();
    world_.join(1);
    world_.send(1, R"([48,1,{},"lab.a"])");
    EXPECT_EQ(
        world_.front.status_json(),
        R"({"connections":1,"sessions":1,"decisions":{"allowed":1,"denied":0,"limited":0,"joined":1,)"
        R"("join_refused":0,"summed":0},"events":{"undeliverable":0,"withheld":0,"too_slow":0,"skipped":0},"joins":{"waiting":0,"delayed":0,"failed":0,"waits":0,"refused_waiting":0,"checks":0},"circuits":{"bytes":0,"waiting":0},"links":[{"name":"inside","up":true,"since":"1970-01-01T01:00:00.000000Z","reason":"","drained":false,"calls":1,"subscriptions":0,)"
        R"("registrations":0,"held":0,"round_trip_us":0,"last_calls":0,"last_failed":0,"last_latency_us":0,"ejected_ms":0,"share":100},)"
        R"({"name":"plc","up":false,"since":"1970-01-01T01:00:00.000000Z","reason":"","drained":false,"calls":0,"subscriptions":0,"registrations":0,"held":0,"round_trip_us":0,"last_calls":0,"last_failed":0,"last_latency_us":0,"ejected_ms":0,"share":100}]})");
    world_.take();
}

}  // namespace
}  // namespace sallyport::gateway
