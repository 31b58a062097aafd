#include "backend-link/inside/inside.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/unit/backend-link/inside/inside_world.h"
#include "tests/vectors/vectors.h"
#include "wamp/message/uris.h"

namespace sallyport::backend_link {
namespace {

namespace uris = wamp::uris;
// The second door
// -----------------------------------------------------------------------------------------

TEST_F(InsideTest, DecidesAgainForWhomTheGatewayConveys) {  // W-R2R-04
    world_.link_up();
    EXPECT_EQ(guest_asks(R"([48,1,{GUEST},"lab.open.nothing"])"),
              Lines{R"(9 [8,48,1,{},"wamp.error.no_such_procedure"])"});
    EXPECT_EQ(guest_asks(R"([48,2,{GUEST},"lab.open.secret"])"),
              Lines{R"(9 [8,48,2,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(guest_asks(R"([48,3,{GUEST},"lab.other"])"),
              Lines{R"(9 [8,48,3,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(guest_asks(R"([16,4,{"acknowledge":true,GUEST},"lab.topic.secret"])"),
              Lines{R"(9 [8,16,4,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(guest_asks(R"([48,5,{},"lab.other"])"),
              Lines{R"(9 [8,48,5,{},"wamp.error.no_such_procedure"])"});
}

TEST_F(InsideTest, BelievesNoServiceThatConveys) {  // W-SEC-02
    world_.join(1);
    world_.join(2);
    world_.send(2, R"([64,1,{},"lab.open.who"])");
    world_.take();
    const Lines lines = world_.after(
        1, with_names(R"([48,1,{GUEST},"lab.open.who"])", {{"GUEST", std::string(guest)}}));
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].find("\"g\""), std::string::npos) << lines[0];
    EXPECT_EQ(lines[0].find("\"guest\""), std::string::npos) << lines[0];
    EXPECT_EQ(world_.after(1, with_names(R"([48,2,{GUEST},"lab.open.secret"])",
                                         {{"GUEST", std::string(guest)}})),
              Lines{R"(1 [8,48,2,{},"wamp.error.no_such_procedure"])"});  // a service may, a guest
                                                                          // might not
}

TEST_F(InsideTest, CarriesACallThroughTheLinkToAService) {
    world_.link_up();
    world_.join(1);
    world_.send(1, R"([64,1,{},"lab.open.add"])");
    world_.take();
    const Lines lines = guest_asks(R"([48,1,{GUEST},"lab.open.add",[1,2]])");
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].starts_with("1 [68,1,") && lines[0].ends_with(",[1,2]]")) << lines[0];
    EXPECT_EQ(world_.after(1, "[70,1,{},[3]]"), Lines{"9 [50,1,{},[3]]"});
}

TEST_F(InsideTest, CarriesEventsBothWays) {
    world_.link_up();
    world_.join(1);
    world_.send(1, R"([32,1,{"match":"prefix"},"lab.topic."])");
    world_.send(9, R"([32,1,{},"lab.topic.b"])");
    world_.take();
    const Lines in = guest_asks(R"([16,2,{GUEST},"lab.topic.a",[1]])");
    ASSERT_EQ(in.size(), 1u);
    EXPECT_TRUE(in[0].starts_with("1 [36,")) << in[0];
    EXPECT_NE(in[0].find(R"("topic":"lab.topic.a")"), std::string::npos) << in[0];
    const Lines out = world_.after(1, R"([16,2,{},"lab.topic.b",[2]])");
    ASSERT_EQ(out.size(), 1u);
    EXPECT_TRUE(out[0].starts_with("9 [36,")) << out[0];
    EXPECT_EQ(guest_asks(R"([16,3,{GUEST},"lab.topic.secret",[1]])"), Lines{});
}

// W-BWL-01, W-BWL-03
TEST_F(InsideTest, LeavesItToTheGatewayWhoOutsideAnEventIsFor) {
    world_.link_up();
    world_.join(1);
    world_.send(9, R"([32,1,{},"lab.topic.b"])");
    world_.take();
    const Lines lines =
        world_.after(1, R"([16,1,{"eligible":[5],"exclude_authid":["ann"]},"lab.topic.b"])");
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find(R"("eligible":[5],"exclude_authid":["ann"]})"), std::string::npos)
        << lines[0];
    EXPECT_EQ(world_.after(1, R"([16,2,{"exclude_authrole":["gateway"]},"lab.topic.b"])"), Lines{});
    EXPECT_EQ(world_.after(1, R"([16,3,{"eligible_authrole":[]},"lab.topic.b"])"), Lines{});
}

TEST_F(InsideTest, RefusesASubscriptionThatReachesTooFar) {  // W-SEC-07
    world_.join(1);
    int request = 0;
    for (const auto* pattern :
         {R"({"match":"prefix"},"")", R"({"match":"prefix"},"lab")",
          R"({"match":"wildcard"},"lab..x")", R"({"match":"wildcard"},".topic")"}) {
        const std::string number = std::to_string(++request);
        const Lines lines = world_.after(1, "[32," + number + "," + pattern + "]");
        if (std::string_view(pattern).find("lab..x") != std::string_view::npos) {
            EXPECT_TRUE(lines.at(0).starts_with("1 [33,"))
                << lines.at(0);  // all of that is below lab.
        } else {
            EXPECT_EQ(lines, Lines{"1 [8,32," + number + R"(,{},"wamp.error.not_authorized"])"})
                << pattern;
        }
    }
}

TEST_F(InsideTest, AnswersForServicesThatCannotBeTold) {  // W-SER-09, W-RAW-11
    world_.join(1, Serializer::json, 1024);
    world_.join(2, Serializer::msgpack);
    world_.send(1, R"([64,1,{},"lab.echo"])");
    world_.take();
    const std::string nan("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", 9);
    world_.send_bytes(2, "\x95\x30\x01\x80\xa8lab.echo\x91" + nan);  // [48,1,{},"lab.echo",[NaN]]
    EXPECT_EQ(world_.take(), Lines{R"(2 [8,48,1,{},"wamp.error.invalid_argument"])"});
    EXPECT_EQ(world_.after(2, R"([48,2,{},"lab.echo",[")" + std::string(2000, 'x') + "\"]]"),
              Lines{R"(2 [8,48,2,{},"wamp.error.payload_size_exceeded"])"});
    world_.send(2, R"([48,3,{},"lab.echo",[1]])");
    EXPECT_EQ(world_.take().at(0).substr(0, 8), "1 [68,3,");
    EXPECT_EQ(world_.inside.counts().invocations, 1u);
}

// Flow
// -------------------------------------------------------------------

TEST_F(InsideTest, HoldsTheCallsOfAServiceThatDoesNotRead) {
    world_.join(1);
    world_.join(2);
    world_.join(3);
    world_.send(1, R"([64,1,{},"lab.a"])");
    world_.take();
    const std::string large(70'000, 'x');
    const auto call = [&](std::uint64_t from, int request, const std::string& argument) {
        world_.send(from,
                    "[48," + std::to_string(request) + R"(,{},"lab.a",[")" + argument + "\"]]");
    };
    call(2, 1, large);
    call(2, 2, large);
    call(2, 3, large);
    call(3, 1, "small");
    EXPECT_EQ(world_.take().size(), 1u);
    world_.inside.on_written(peer(1), 70'000, world_.now, world_.wires.out);
    EXPECT_EQ(world_.take(), Lines{});
    world_.inside.on_written(peer(1), 100, world_.now, world_.wires.out);
    const Lines lines = world_.take();
    ASSERT_EQ(lines.size(), 2u) << "until it is full again";
    EXPECT_EQ(lines[0].substr(0, 8), "1 [68,2,");
    EXPECT_NE(lines[0].find("small"), std::string::npos);
    world_.advance(10s);
    EXPECT_EQ(world_.take(), Lines{R"(2 [8,48,3,{},"wamp.error.unavailable"])"});
    EXPECT_EQ(world_.after(1, "[70,1,{}]"), Lines{"2 [50,1,{}]"}) << "it keeps its session";
}

// What makes a transport full need not be an invocation, nor come from the router.
TEST_F(InsideTest, CallsAServiceAgainThatWasFullOfSomethingElse) {
    world_.join(1);
    world_.join(2);
    world_.send(1, R"([64,1,{},"lab.a"])");
    world_.send(1, R"([32,2,{},"lab.t"])");
    world_.take();
    world_.send(2, R"([16,1,{},"lab.t",[")" + std::string(70'000, 'x') + "\"]]");
    EXPECT_EQ(world_.after(2, R"([48,2,{},"lab.a"])").size(), 1u) << "the event only";
    world_.inside.on_written(peer(1), 0, world_.now, world_.wires.out);
    EXPECT_EQ(world_.take().size(), 1u);
    world_.send(2, R"([16,3,{},"lab.t",[1]])");
    world_.take();
    EXPECT_EQ(world_.after(2, R"([48,4,{},"lab.a"])").size(), 1u);
}

// A service that reads, but not as fast as others send to it.
TEST_F(InsideTest, EndsWhatOutrunsAService) {
    world_.join(1, Serializer::json, 16u << 20,
                R"([1,"lab",{"roles":{"caller":{"features":{"progressive_call_results":true}},)"
                R"("subscriber":{"features":{"subscription_revocation":true}}}}])");
    world_.join(2, Serializer::json, 16u << 20,
                R"([1,"lab",{"roles":{"publisher":{},"callee":{"features":{)"
                R"("progressive_call_results":true,"call_canceling":true}}}}])");
    world_.send(2, R"([64,1,{},"lab.a"])");
    world_.send(1, R"([48,1,{"receive_progress":true},"lab.a"])");
    world_.take();
    const std::string subscribed = world_.after(1, R"([32,2,{},"lab.t"])").at(0);
    const std::string id = subscribed.substr(8, subscribed.size() - 9);
    for (int i = 0; i < 2; ++i, world_.now += 2s)
        world_.inside.on_written(peer(1), 5u << 20, world_.now, world_.wires.out);
    EXPECT_EQ(
        world_.after(2, R"([16,2,{},"lab.t",[1]])"),
        Lines{"1 [35,0,{\"subscription\":" + id + R"(,"reason":"sallyport.error.too_slow"}])"});
    EXPECT_EQ(world_.after(2, R"([70,1,{"progress":true},[1]])"),
              (Lines{R"(2 [69,1,{"mode":"killnowait","reason":"wamp.error.canceled"}])",
                     R"(1 [8,48,1,{},"sallyport.error.too_slow"])"}));
}

// Payload passthru mode (W-PPT-01 to 04)
// -------------------------------------------------------------------

TEST_F(InsideTest, CarriesWhatIsSealedBetweenTheLinkAndServicesThatCanOpenIt) {
    const std::string seal = R"("ppt_scheme":"wamp","ppt_serializer":"cbor")";
    world_.link_up(9, policy::sealing_hello);
    world_.join(1, Serializer::msgpack, 16u << 20, policy::sealing_hello);
    world_.join(2);
    world_.send(1, R"([64,1,{},"lab.shell"])");
    for (const std::uint64_t service : {1u, 2u}) {
        world_.send(service, service == 1 ? R"([32,2,{},"lab.topic.sealed"])"
                                          : R"([32,1,{},"lab.topic.sealed"])");
    }
    world_.take();
    const Lines invoked = guest_asks("[48,1,{GUEST," + seal + R"(},"lab.shell",["\u0000AQI="]])");
    ASSERT_EQ(invoked.size(), 1u);
    EXPECT_TRUE(invoked[0].ends_with(seal + R"(},["\u0000AQI="]])")) << invoked[0];
    EXPECT_EQ(world_.after(1, "[70,1,{" + seal + R"(},["\u0000Aw=="]])"),
              Lines{"9 [50,1,{" + seal + R"(},["\u0000Aw=="]])"});
    const Lines events =
        guest_asks("[16,2,{GUEST," + seal + R"(},"lab.topic.sealed",["\u0000BA=="]])");
    ASSERT_EQ(events.size(), 1u);
    EXPECT_TRUE(events[0].starts_with("1 [36,") &&
                events[0].ends_with(seal + R"(},["\u0000BA=="]])"))
        << events[0];
}

TEST_F(InsideTest, DecidesAgainWhetherItMayBeSealed) {
    world_.link_up(9, policy::sealing_hello);
    EXPECT_EQ(guest_asks(R"([48,1,{GUEST,"ppt_scheme":"x_own"},"lab.open.any",["\u0000AQI="]])"),
              Lines{R"(9 [8,48,1,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(guest_asks(R"([48,2,{GUEST},"lab.shell",["\u0000AQI="]])"),
              Lines{R"(9 [8,48,2,{},"wamp.error.not_authorized"])"});
    EXPECT_EQ(guest_asks(R"([48,3,{GUEST,"ppt_scheme":"x_own"},"lab.shell",["\u0000AQI="]])"),
              Lines{R"(9 [8,48,3,{},"wamp.error.no_such_procedure"])"});
}

// Links
// ---------------------------------------------------------------------------------------------------

TEST_F(InsideTest, DialsAgainAndAgain) {
    for (int attempt = 0; attempt < 20; ++attempt) {
        world_.inside.on_link_failed(0, "refused", world_.now, world_.wires.out);
        EXPECT_EQ(world_.take(), Lines{});
        const auto due = world_.inside.deadline();
        ASSERT_LE(due, world_.now + 5s);
        world_.advance(due - world_.now);
        EXPECT_EQ(world_.take(), Lines{"dial 0"});
        EXPECT_EQ(world_.inside.deadline(), wamp::never);
    }
}

TEST_F(InsideTest, DialsAPeerThatIsNotReachedAgainWithinThreeTenthsOfASecond) {
    for (int attempt = 0; attempt < 50; ++attempt) {
        world_.inside.on_link_unreachable(0, "no route", world_.now, world_.wires.out);
        world_.take();
        ASSERT_LE(world_.inside.deadline(), world_.now + 300ms);
        world_.advance(300ms);
        EXPECT_EQ(world_.take(), Lines{"dial 0"});
    }
    const std::string& notes = world_.wires.notes();
    EXPECT_EQ(notes.find("no route"), notes.rfind("no route"));  // said once
}

TEST_F(InsideTest, BacksOffFromAGatewayThatWelcomesAndCloses) {
    wamp::Duration longest{};
    for (std::uint64_t attempt = 0; attempt < 20; ++attempt) {
        world_.link_up(100 + attempt);
        world_.lose(100 + attempt);
        world_.take();
        const wamp::Duration wait = world_.inside.deadline() - world_.now;
        longest = std::max(longest, wait);
        world_.advance(wait);
        EXPECT_EQ(world_.take(), Lines{"dial 0"});
    }
    EXPECT_GT(longest, 1s);
}

TEST_F(InsideTest, DialsSoonAfterALoss) {
    world_.link_up();
    world_.lose(9);
    EXPECT_EQ(world_.take(), Lines{});
    EXPECT_EQ(world_.inside.sessions(), 0u);
    world_.advance(100ms);
    EXPECT_EQ(world_.take(), Lines{"dial 0"});
    world_.link_up(10);
}

TEST_F(InsideTest, ClosesASecondTransportWhileTheFirstOneIsHeard) {
    world_.link_up(9);
    world_.link_open(10);
    EXPECT_EQ(world_.take(), Lines{"10 closed"});
    EXPECT_EQ(world_.inside.sessions(), 1u);
}

TEST(InsideLink, DialsBesideASilentLinkAndTakesTheSecondOneWhenTheGatewaySpeaksThere) {
    InsideWorld world(inside_policy, {1s, 2s, 9s});
    world.take();
    world.link_up(9);
    world.advance(1s);
    EXPECT_EQ(world.take(), Lines{"9 ping"});
    world.advance(1s);
    EXPECT_EQ(world.take(), (Lines{"9 ping", "dial 0"}));
    world.inside.on_link_unreachable(0, "no route", world.now, world.wires.out);
    world.advance(100ms);
    EXPECT_EQ(world.take(), Lines{"dial 0"});
    world.link_open(10);
    EXPECT_EQ(world.take(), Lines{});
    EXPECT_EQ(world.inside.sessions(), 1u);
    world.send(10, hello);
    EXPECT_EQ(world.take(), (Lines{"9 closed", "10 WELCOME gateway link lab"}));
    EXPECT_EQ(world.inside.sessions(), 1u);
    world.lose(9);  // its end is told late
    EXPECT_EQ(world.take(), Lines{});
    world.lose(10);
    world.advance(200ms);
    EXPECT_EQ(world.take(), Lines{"dial 0"});
}

TEST(InsideLink, StaysWithASilentLinkThatIsHeardAgain) {
    InsideWorld world(inside_policy, {1s, 2s, 9s});
    world.take();
    world.link_up(9);
    world.advance(2s);
    world.link_open(10);
    world.take();
    world.inside.on_alive(peer(9), world.now);
    world.advance(1s);
    EXPECT_EQ(world.take(), (Lines{"10 closed", "9 ping"}));
    world.lose(9);
    world.advance(200ms);
    EXPECT_EQ(world.take(), Lines{"dial 0"});
}

TEST(InsideLink, DialsAgainWhenTheSecondTransportIsRefused) {
    InsideWorld world(inside_policy, {1s, 2s, 9s});
    world.take();
    world.link_up(9);
    world.advance(2s);
    world.link_open(10);
    world.take();
    world.lose(10);
    EXPECT_EQ(world.inside.sessions(), 1u);
    world.advance(200ms);
    EXPECT_EQ(world.take(), Lines{"dial 0"});
}

TEST(InsideLink, TakesTheSecondTransportWhenTheFirstOneIsLost) {
    InsideWorld world(inside_policy, {1s, 2s, 9s});
    world.take();
    world.link_up(9);
    world.advance(2s);
    world.link_open(10);
    world.lose(9);
    world.take();
    world.advance(0s);
    world.send(10, hello);
    EXPECT_EQ(world.take(), Lines{"10 WELCOME gateway link lab"});
}

TEST(InsideLink, LetsTheSupervisorReplaceTheLinkOfAnEmbeddedInsideAtOnce) {
    InsideWorld world(inside_policy, {1s, 2s, 9s}, true);
    world.take();
    world.link_up(9);
    world.link_open(10);
    EXPECT_EQ(world.take(), Lines{"9 closed"});
    world.send(10, hello);
    EXPECT_EQ(world.take(), Lines{"10 WELCOME gateway link lab"});
    world.advance(2s);
    EXPECT_EQ(world.take(), Lines{"10 ping"});  // it is not dialled
}

TEST_F(InsideTest, ClosesALinkThatViolatesTheProtocol) {
    for (const auto* text : {"[999]", R"([48,7,{},"lab.a"])", R"([3,{},"a.b"])"}) {
        InsideWorld world;
        world.take();
        world.link_up();
        world.send(9, text);
        EXPECT_EQ(world.take().back(), "9 closed") << text;
        EXPECT_EQ(world.inside.peers(), 0u);
        world.advance(100ms);
        EXPECT_EQ(world.take(), Lines{"dial 0"}) << text;
    }
}

TEST_F(InsideTest, GivesUpALinkThatNeverJoins) {  // W-SES-12
    world_.link_open();
    Lines lines;
    for (int i = 0; i < 110; ++i) {
        world_.inside.on_alive(peer(9), world_.now);
        world_.advance(100ms);
        for (auto& line : world_.take()) lines.push_back(std::move(line));
    }
    EXPECT_EQ(lines, (Lines{R"(9 [3,{},"wamp.error.timeout"])", "9 closed", "dial 0"}));
}

TEST_F(InsideTest, PingsASilentLinkAndGivesItUp) {
    world_.link_up();
    world_.advance(3s);
    EXPECT_EQ(world_.take(), Lines{"9 ping"});
    world_.inside.on_alive(peer(9), world_.now);
    world_.advance(3s);
    world_.advance(3s);
    EXPECT_EQ(world_.take(), (Lines{"9 ping", "9 ping"}));
    world_.advance(3s);
    EXPECT_EQ(world_.take(), Lines{"9 closed"});
    EXPECT_EQ(world_.inside.sessions(), 0u);
    world_.advance(100ms);
    EXPECT_EQ(world_.take(), Lines{"dial 0"});
}

TEST_F(InsideTest, EndsCallsToACalleeBehindALostLinkOnce) {
    world_.link_up();
    world_.join(1);
    world_.send(9, R"([64,1,{},"lab.outside"])");
    world_.take();
    EXPECT_EQ(world_.after(1, R"([48,1,{},"lab.outside"])").size(), 1u);
    world_.lose(9);
    const Lines lines = world_.take();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].starts_with("1 [8,48,1,{},")) << lines[0];
    EXPECT_EQ(world_.after(1, R"([48,2,{},"lab.outside"])"),
              Lines{R"(1 [8,48,2,{},"wamp.error.no_such_procedure"])"});
}

// The end
// -------------------------------------------------------------------------------------------------

TEST_F(InsideTest, StopsInOrder) {
    world_.link_up();
    world_.join(1);
    // It never joins.
    world_.inside.on_open(peer(2), world_.wires.open(2), world_.now, world_.wires.out);
    world_.inside.stop(world_.now, world_.wires.out);
    Lines lines = world_.take();
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines, (Lines{R"(1 [6,{},"wamp.close.system_shutdown"])",
                            R"(2 [3,{},"wamp.close.system_shutdown"])", "2 closed",
                            R"(9 [6,{},"wamp.close.system_shutdown"])"}));
    world_.inside.on_open(peer(3), world_.wires.open(3), world_.now, world_.wires.out);
    EXPECT_EQ(world_.take(), Lines{"3 closed"});
    EXPECT_EQ(world_.after(9, R"([6,{},"wamp.close.goodbye_and_out"])"), Lines{"9 closed"});
    EXPECT_FALSE(world_.inside.stopped());
    world_.advance(2s);
    EXPECT_EQ(world_.take(), Lines{"1 closed"});
    EXPECT_TRUE(world_.inside.stopped());
    world_.advance(1h);
    EXPECT_EQ(world_.take(), Lines{});
}

constexpr std::string_view granting_policy = R"(
realm = "lab"
[auth]
anonymous = { role = "service" }
[[allow]]
id = "services"
roles = ["service", "gateway", "guest"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = "lab."
grants = ["retain"]
[[allow]]
id = "wamp"
roles = ["service", "gateway"]
actions = ["call"]
uri = ["wamp.session.add_testament", "wamp.session.kill_all"]
grants = ["testaments", "meta"]
)";

class InsideGrants : public testing::Test {
protected:
    InsideGrants() {
        world_.take();
        world_.link_up();
        for (const std::uint64_t id : {1u, 2u, 3u}) world_.join(id);
    }
    /// What the peers are told of an event, without its id.
    static Lines events(const Lines& lines) {
        Lines events;
        for (const auto& line : lines) {
            const auto at = line.find(" [36,1,");
            if (at != std::string::npos)
                events.push_back(line.substr(0, at + 7) + line.substr(line.find(',', at + 7)));
        }
        return events;
    }

    InsideWorld world_{granting_policy};
};

// W-TST-02
TEST_F(InsideGrants, PublishWhatAServiceLeaves) {
    world_.send(9, R"([32,1,{},"lab.off"])");
    for (const std::uint64_t id : {1u, 2u, 3u}) {
        world_.send(
            id,
            R"([48,1,{},"wamp.session.add_testament",["lab.off",[7],{}],{"publish_options":{"exclude_me":false}}])");
    }
    const std::size_t each = world_.inside.testament_bytes() / 3;
    EXPECT_GT(each, 0U);
    world_.send(1, R"([32,2,{},"lab.off"])");
    world_.take();
    world_.lose(2);
    EXPECT_EQ(world_.inside.testament_bytes(), 2 * each);
    EXPECT_EQ(events(world_.take()), (Lines{"9 [36,1,,{},[7]]", "1 [36,1,,{},[7]]"}));
    EXPECT_EQ(events(world_.after(3, R"([6,{},"wamp.close.close_realm"])")),
              (Lines{"9 [36,1,,{},[7]]", "1 [36,1,,{},[7]]"}));
    const Lines last = world_.after(1, R"([6,{},"wamp.close.close_realm"])");
    EXPECT_EQ(events(last), (Lines{"9 [36,1,,{},[7]]"}));  // it has said GOODBYE
    EXPECT_EQ(world_.inside.testament_bytes(), 0U);
}

TEST_F(InsideGrants, PublishWhatAllLeaveBeforeTheEndOfAll) {
    world_.send(9, R"([32,1,{},"lab.off"])");
    for (const std::uint64_t id : {1u, 2u, 3u}) {
        world_.send(id, R"([48,1,{},"wamp.session.add_testament",["lab.off",[7],{}]])");
    }
    world_.take();
    world_.inside.stop(world_.now, world_.wires.out);
    EXPECT_EQ(events(world_.take()),
              (Lines{"9 [36,1,,{},[7]]", "9 [36,1,,{},[7]]", "9 [36,1,,{},[7]]"}));
}

// W-SSM-04
TEST_F(InsideGrants, PublishNothingOfThoseWhoAllWereEnded) {
    world_.send(9, R"([32,1,{},"lab.off"])");
    world_.send(1, R"([48,1,{},"wamp.session.add_testament",["lab.off",[7],{}]])");
    world_.take();
    EXPECT_EQ(events(world_.after(2, R"([48,1,{},"wamp.session.kill_all"])")), Lines{});
    EXPECT_EQ(world_.inside.counts().sessions, 2u);
}

// W-EVR-01, W-EVR-03
TEST_F(InsideGrants, RetainEventsOfBothSidesForBothSides) {
    world_.send(1, R"([16,1,{"retain":true},"lab.in",[1]])");
    world_.send(9, with_names(R"([16,1,{"acknowledge":true,"retain":true,GUEST},"lab.out",[2]])",
                              {{"GUEST", std::string(guest)}}));
    EXPECT_EQ(world_.take().size(), 1u);
    const auto asked = [&](std::uint64_t id, int request, std::string topic) {
        return world_.after(
            id, "[32," + std::to_string(request) + R"(,{"get_retained":true},")" + topic + R"("])");
    };
    for (const std::uint64_t id : {9u, 2u}) {
        const int first = id == 9 ? 2 : 1;
        Lines lines = asked(id, first, "lab.in");
        ASSERT_EQ(lines.size(), 2u);
        EXPECT_TRUE(lines[0].ends_with("[33," + std::to_string(first) + ",1]")) << lines[0];
        EXPECT_TRUE(lines[1].ends_with(R"(,{"retained":true},[1]])")) << lines[1];
        lines = asked(id, first + 1, "lab.out");  // the link stands for many: it gets its own
        ASSERT_EQ(lines.size(), 2u);
        EXPECT_TRUE(lines[1].ends_with(R"(,{"retained":true},[2]])")) << lines[1];
    }
}

// W-EVR-01: by its own policy
TEST_F(InsideTest, RetainsNothingThatItsOwnPolicyDoesNotGrant) {
    world_.link_up();
    world_.join(1);
    EXPECT_EQ(guest_asks(R"([16,1,{"acknowledge":true,"retain":true,GUEST},"lab.topic.a"])"),
              Lines{R"(9 [8,16,1,{},"wamp.error.option_not_allowed"])"});
    EXPECT_EQ(world_.after(1, R"([32,1,{"get_retained":true},"lab.topic.a"])"),
              Lines{R"(1 [8,32,1,{},"wamp.error.option_not_allowed"])"});
}

TEST_F(InsideTest, LeavesNothingOfWhoHasGone) {
    world_.link_up();
    world_.join(1);
    world_.send(1, R"([64,1,{},"lab.open.add"])");
    world_.send(1, R"([32,2,{},"lab.topic.a"])");
    world_.send(9, R"([48,1,{},"lab.open.add"])");
    world_.take();
    world_.lose(1);
    const Lines lines = world_.take();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].starts_with("9 [8,48,1,{},")) << lines[0];
    world_.lose(9);
    const auto counts = world_.inside.counts();
    EXPECT_EQ(counts.sessions + counts.subscriptions + counts.registrations + counts.calls +
                  counts.invocations,
              0u);
}

TEST_F(InsideTest, ReportsItsState) {
    world_.link_up();
    world_.join(1);
    EXPECT_EQ(
        world_.inside.status_json({{"more", true}}),
        R"({"connections":2,"sessions":2,"subscriptions":0,"registrations":0,"calls":0,)"
        R"("decisions":{"allowed":0,"denied":0,"limited":0,"joined":2,"join_refused":0,"summed":0},)"
        R"("events":{"undeliverable":0,"withheld":0,"too_slow":0,"skipped":0},)"
        R"("joins":{"waiting":0,"delayed":0,"failed":0,"waits":0,"refused_waiting":0,"checks":0},)"
        R"("links":[{"name":"gateway","up":true,"since":"1970-01-01T01:00:00.000000Z","reason":""}],)"
        R"("more":true})");
    const auto links = world_.inside.link_snapshots();
    ASSERT_EQ(links.size(), 1U);
    EXPECT_TRUE(links[0].up);
    EXPECT_EQ(links[0].ups, 1U);
    world_.lose(9);
    EXPECT_FALSE(world_.inside.link_snapshots()[0].up);
}

// Vectors
// -------------------------------------------------------------------------------------------------

constexpr std::string_view open_policy = R"(
realm = "realm1"
[auth]
anonymous = { role = "service" }
[[allow]]
id = "all"
roles = ["service"]
actions = ["call", "register", "subscribe", "publish"]
uri = ["a", "a.b", "a.c", "p", "q", "t"]
)";

// What becomes of the connection in each case of the vectors. Progressive calls are not announced,
// so that their use is a violation (W-PCI-03).
TEST(InsideVectors, SequencesEndAsTheyMust) {
    const std::map<std::string, bool> ends{{"first-request-not-1", true},
                                           {"gap", true},
                                           {"repeat", true},
                                           {"shared-counter-across-types", false},
                                           {"failed-request-still-consumes-id", false},
                                           {"cancel-does-not-consume-id", false},
                                           {"cancel-future-id", true},
                                           {"cancel-past-finished-id", false},
                                           {"yield-above-watermark", true},
                                           {"yield-finished-id", false},
                                           {"error-above-watermark", true},
                                           {"progressive-continuation", true},
                                           {"reuse-id-of-plain-call", true},
                                           {"continuation-after-final-call", true},
                                           {"continuation-after-completion", true},
                                           {"continuation-other-uri", true},
                                           {"second-hello", true},
                                           {"authenticate-after-welcome", true},
                                           {"goodbye-before-hello", true},
                                           {"subscribe-before-hello", true},
                                           {"authenticate-without-challenge", true},
                                           {"hello-while-challenging", true},
                                           {"client-sends-router-only-type", true},
                                           {"rejoin-same-transport", false},
                                           {"message-after-goodbye", true}};
    std::size_t seen = 0;
    for (const auto& test : vectors::load("sequences.json", "cases")) {
        const std::string name = test.at("name");
        ASSERT_TRUE(ends.contains(name)) << name;
        ++seen;
        InsideWorld world(open_policy);
        world.take();
        world.inside.on_open(peer(1), world.wires.open(1), world.now, world.wires.out);
        if (!test.contains("pre_session"))
            world.send(1, R"([1,"realm1",{"roles":{"caller":{},"callee":{}}}])");
        if (name == "yield-finished-id") {
            world.send(1, R"([64,1,{},"p"])");
            world.send(1, R"([48,2,{},"p"])");
            world.send(1, "[70,1,{},[1]]");
        }
        world.take();
        for (const auto& message : test.at("send")) world.send(1, message.dump());
        const Lines lines = world.take();
        const bool ended = std::find(lines.begin(), lines.end(), "1 closed") != lines.end();
        EXPECT_EQ(ended, ends.at(name)) << name;
        EXPECT_EQ(
            std::find(lines.begin(), lines.end(), "1 " + std::string(violated)) != lines.end(),
            ended)
            << name;
        if (name == "failed-request-still-consumes-id") {
            ASSERT_EQ(lines.size(), 2u);
            EXPECT_EQ(lines[0], R"(1 [8,32,1,{},"wamp.error.invalid_uri"])");
            EXPECT_TRUE(lines[1].starts_with("1 [33,2,"));
        } else if (name == "shared-counter-across-types") {
            EXPECT_EQ(lines.size(), 4u);
        } else if (name == "rejoin-same-transport") {
            EXPECT_EQ(lines, (Lines{R"(1 [6,{},"wamp.close.goodbye_and_out"])",
                                    "1 WELCOME service anonymous realm1"}));
            EXPECT_TRUE(world.after(1, R"([32,1,{},"a.b"])").at(0).starts_with("1 [33,1,"));
        } else if (name == "yield-finished-id" || name == "cancel-past-finished-id") {
            EXPECT_LE(lines.size(), 1u);
        }
    }
    EXPECT_EQ(seen, ends.size());
}

}  // namespace
}  // namespace sallyport::backend_link
