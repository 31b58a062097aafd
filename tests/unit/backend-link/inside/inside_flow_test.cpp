#include <algorithm>
#include <string>

#include "tests/unit/backend-link/inside/inside_world.h"
#include "wamp/codec/carried_payloads.h"

namespace sallyport::backend_link {
namespace {

TEST_F(InsideTest, PausesAServiceWhoseRequestsAreDeniedTooOften) {
    world_.join(1);
    const auto denied = [&](int request) {
        const std::string call = "[48," + std::to_string(request) + R"(,{},"other.thing"])";
        return world_.inside.on_message(peer(1), call, world_.now, world_.wires.out);
    };
    for (int request = 1; request <= 100; ++request)
        EXPECT_EQ(denied(request), wamp::Reading::go_on) << request;
    EXPECT_EQ(denied(101), wamp::Reading::pause);
    EXPECT_EQ(world_.take().size(), 101u);
    world_.advance(10ms);
    EXPECT_EQ(world_.take(), Lines{"1 resumed"});
}

// What services send to a link that does not take it waits in their connections.
TEST_F(InsideTest, PausesAServiceThatSendsMoreThanTheLinkTakes) {
    world_.link_up();
    world_.join(1);
    world_.join(2);
    world_.send(9, R"([32,1,{},"lab.t"])");
    world_.take();
    const auto publish = [&](std::uint64_t from, int request, std::string_view topic) {
        const std::string message = "[16," + std::to_string(request) + ",{},\"" +
                                    std::string(topic) + "\",[\"" + std::string(600'000, 'x') +
                                    "\"]]";
        return world_.inside.on_message(peer(from), message, world_.now, world_.wires.out);
    };
    EXPECT_EQ(publish(1, 1, "lab.t"), wamp::Reading::go_on);
    EXPECT_EQ(publish(1, 2, "lab.t"), wamp::Reading::pause);
    EXPECT_EQ(publish(2, 1, "lab.other"), wamp::Reading::go_on) << "not for the link";
    EXPECT_EQ(publish(2, 2, "lab.t"), wamp::Reading::pause);
    EXPECT_EQ(world_.take().size(), 1u) << "the others wait in the inside";
    const auto written_30_000 = [&] {
        world_.inside.on_written(peer(9), 30'000, world_.now, world_.wires.out);
        Lines lines = world_.take();
        EXPECT_EQ(lines.size(), 2u);
        return lines.back();
    };
    Lines resumed = {written_30_000(), written_30_000()};
    std::sort(resumed.begin(), resumed.end());
    EXPECT_EQ(resumed, (Lines{"1 resumed", "2 resumed"})) << "each when its own event is sent";
    world_.inside.on_written(peer(9), 0, world_.now, world_.wires.out);
    EXPECT_EQ(world_.take(), Lines{}) << "nothing is lost, and nothing comes twice";
    publish(1, 3, "lab.t");
    EXPECT_EQ(publish(1, 4, "lab.t"), wamp::Reading::pause);
    world_.take();
    world_.inside.on_closed(peer(9), "gone", world_.now, world_.wires.out);
    const Lines lines = world_.take();
    EXPECT_NE(std::find(lines.begin(), lines.end(), "1 resumed"), lines.end());
}

TEST_F(InsideTest, ReadsAServiceThatSendsLittleWhileOthersFillTheLink) {
    world_.link_up();
    world_.join(1);
    world_.join(2);
    world_.send(9, R"([32,1,{},"lab.t"])");
    world_.take();
    const auto publish = [&](std::uint64_t from, int request, std::size_t bytes) {
        const std::string message = "[16," + std::to_string(request) + R"(,{},"lab.t",[")" +
                                    std::string(bytes, 'x') + R"("]])";
        return world_.inside.on_message(peer(from), message, world_.now, world_.wires.out);
    };
    EXPECT_EQ(publish(1, 1, 900'000), wamp::Reading::go_on);
    EXPECT_EQ(publish(1, 2, 900'000), wamp::Reading::pause);
    for (int request = 1; request < 50; ++request)
        EXPECT_EQ(publish(2, request, 1), wamp::Reading::go_on);
}

/// With a link that carries payloads.
class InsideCarrying : public InsideTest {
protected:
    InsideCarrying() {
        world_.inside.on_link_open(0, peer(9), world_.wires.open(9, Serializer::msgpack),
                                   world_.now, world_.wires.out);
        world_.send(9, R"([1,"lab",{"_carries_payloads":true,"roles":{"caller":{},"callee":{},)"
                       R"("publisher":{},"subscriber":{}}}])");
        world_.take();
        EXPECT_NE(world_.wires.raw(9).find("_carries_payloads"), std::string::npos);
        world_.join(1);
        world_.send(1, R"([64,1,{},"lab.open.p"])");
        world_.take();
    }
    void written(std::size_t unsent) {
        world_.inside.on_written(peer(9), unsent, world_.now, world_.wires.out);
    }
    void call(int request, int session) {
        world_.send(9, "[48," + std::to_string(request) + R"(,{"forward_for":[{"session":)" +
                           std::to_string(session) +
                           R"(,"authid":"g","authrole":"guest"}]},"lab.open.p"])");
    }
    /// The results with their request only.
    Lines brief() {
        Lines lines = world_.take();
        for (std::string& line : lines) {
            if (line.starts_with("9 [50,")) line.resize(line.find(',', 6));
        }
        return lines;
    }
    void answer(int invocation, std::size_t bytes) {
        world_.send(1, "[70," + std::to_string(invocation) + R"(,{},[")" + std::string(bytes, 'x') +
                           R"("]])");
    }
};

TEST_F(InsideCarrying, GivesTheCalleeWhatTheCallerWrote) {
    // [48, 1, {"forward_for": …, "_payload": [1, 8, 0]}, "lab.open.p", [binary]]
    const wamp::Call call{1, {}, "lab.open.p", {Serializer::json, R"([1.0,2])", {}, 0}};
    world_.send_bytes(9, std::string(wamp::encode_carrying(call).message()));
    EXPECT_EQ(world_.take(), Lines{R"(1 [68,1,1,{},[1.0,2]])"});
    world_.send(1, R"([70,1,{},["answer"],{"b": 1}])");
    const std::string line = world_.take().at(0);
    EXPECT_NE(line.find(R"("_payload":[1,10,0])"), std::string::npos) << line;
    EXPECT_NE(world_.wires.raw(9).find(R"(["answer"]{"b": 1})"), std::string::npos);
}

TEST_F(InsideCarrying, SendsLargeAnswersInPartsAndOthersBetweenThem) {
    call(1, 5);
    call(2, 6);
    call(3, 5);
    EXPECT_EQ(world_.take().size(), 3u);
    answer(1, 100'000);
    EXPECT_EQ(brief(), (Lines{"9 part 1 16384", "9 part 1 16384"}));
    answer(3, 10);
    answer(2, 10);
    EXPECT_EQ(brief(), Lines{});
    written(30'000);
    EXPECT_EQ(brief(), (Lines{"9 [50,2", "9 part 1 16384"})) << "of another session";
    written(0);
    EXPECT_EQ(brief(), (Lines{"9 part 1 16384", "9 part 1 16384"}));
    written(0);
    EXPECT_EQ(brief(), (Lines{"9 part 1 16384", "9 part 1 1700", "9 [50,1", "9 [50,3"}))
        << "those of one session keep their order";
}

TEST_F(InsideCarrying, SendsInvocationsBetweenTheParts) {
    world_.send(9, R"([64,1,{},"lab.open.q"])");
    call(2, 5);
    world_.take();
    answer(1, 200'000);
    brief();
    world_.send(1, R"([48,2,{},"lab.open.q"])");
    EXPECT_EQ(world_.take(), Lines{}) << "the link is full";
    written(30'000);
    const Lines lines = world_.take();
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(),
                            [](const std::string& line) { return line.starts_with("9 [68,1,"); }));
}

TEST_F(InsideCarrying, KeepsTheOrderOfEventsAndSubscriptionsWhileTheLinkIsFull) {
    const Lines before = [&] {
        world_.send(9, R"([32,1,{},"lab.topic.a"])");
        world_.send(9, R"([32,2,{},"lab.topic.b"])");
        return world_.take();
    }();
    EXPECT_EQ(before, (Lines{"9 [33,1,1]", "9 [33,2,2]"}));
    call(3, 5);
    world_.take();
    answer(1, 200'000);
    world_.take();
    const std::string large(10'000, 'x');
    world_.send(1, R"([16,2,{},"lab.topic.a",[")" + large + R"("]])");
    world_.send(1, R"([16,3,{},"lab.topic.b",[]])");
    world_.send(9, R"([32,4,{},"lab.topic.a"])");
    EXPECT_EQ(world_.take(), Lines{}) << "all of it waits";
    Lines order;
    for (int round = 0; round < 20; ++round) {
        written(0);
        for (const std::string& line : world_.take()) {
            if (line.starts_with("9 [3")) order.push_back(line.substr(0, 8));
        }
    }
    // SUBSCRIBED follows the events of its topic; those of one publisher keep their order.
    EXPECT_EQ(order, (Lines{"9 [36,1,", "9 [33,4,", "9 [36,2,"}));
}

TEST_F(InsideCarrying, TakesThePartsOfTheGateway) {
    wamp::Call call{1, {}, "lab.open.p", {Serializer::json, R"(["abc"])", {}, 0}};
    const auto part = [&](std::size_t begin, std::size_t bytes) {
        world_.send_bytes(9,
                          std::string(wamp::encode_part(7, call.payload, begin, bytes).message()));
    };
    part(0, 3);
    part(3, 4);
    EXPECT_EQ(world_.take(), Lines{});
    call.payload.sent_as = 7;
    world_.send_bytes(9, std::string(wamp::encode_carrying(call).message()));
    EXPECT_EQ(world_.take(), Lines{R"(1 [68,1,1,{},["abc"]])"});
    call.request = 2;
    world_.send_bytes(9, std::string(wamp::encode_carrying(call).message()));
    EXPECT_EQ(world_.take(), (Lines{"9 " + std::string(violated), "9 closed"}));
}

// Of calls of one caller, 4 MiB of 16 may be held before it is not read any more.
TEST_F(InsideCarrying, SlowsDownCallersWhoseCallsOutrunTheirCallee) {
    world_.join(2);
    const std::string large = R"([")" + std::string(900'000, 'x') + R"("])";
    int request = 0;
    const auto call_of_service = [&] {
        const std::string call =
            "[48," + std::to_string(++request) + R"(,{},"lab.open.p",)" + large + "]";
        return world_.inside.on_message(peer(2), call, world_.now, world_.wires.out);
    };
    EXPECT_EQ(call_of_service(), wamp::Reading::go_on);
    EXPECT_EQ(world_.take().size(), 1u) << "it leaves no room";
    for (int i = 0; i < 4; ++i) EXPECT_EQ(call_of_service(), wamp::Reading::go_on);
    EXPECT_EQ(world_.take(), Lines{});
    EXPECT_EQ(call_of_service(), wamp::Reading::pause);
    EXPECT_EQ(world_.take(), Lines{"2 paused"});
    const wamp::Call carried{
        1,
        wamp::Dict{{"forward_for", wamp::List{wamp::Dict{
                                       {"session", 5}, {"authid", "g"}, {"authrole", "guest"}}}}},
        "lab.open.p",
        {Serializer::json, large, {}, 0}};
    for (int i = 1; i <= 5; ++i) {
        wamp::Call each = carried;
        each.request = static_cast<wamp::RequestId>(i);
        world_.send_bytes(9, std::string(wamp::encode_carrying(each).message()));
    }
    EXPECT_EQ(world_.take(), Lines{"9 session 5 waits"});
    for (int i = 0; i < 10; ++i) world_.inside.on_written(peer(1), 0, world_.now, world_.wires.out);
    Lines lines = world_.take();
    std::erase_if(lines, [](const std::string& line) { return line.starts_with("1 [68,"); });
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines, (Lines{"2 resumed", "9 session 5 goes on"}));
}

TEST_F(InsideCarrying, ReadsACallerOnWhenItsCallsHaveWaitedTooLong) {
    world_.join(2);
    for (int i = 1; i <= 6; ++i) {
        world_.send(2, "[48," + std::to_string(i) + R"(,{},"lab.open.p",[")" +
                           std::string(900'000, 'x') + R"("]])");
    }
    EXPECT_EQ(world_.take().back(), "2 paused");
    world_.advance(10s);
    const Lines lines = world_.take();
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "2 resumed"), 1);
    EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                            [](const std::string& line) {
                                return line.ends_with(R"("wamp.error.unavailable"])");
                            }),
              5);
}

TEST_F(InsideTest, CarriesNoPayloadsForAService) {  // W-GWY-13
    world_.join(1, Serializer::msgpack, 16u << 20,
                R"([1,"lab",{"_carries_payloads":true,"roles":{"caller":{},"callee":{}}}])");
    EXPECT_EQ(world_.wires.raw(1).find("_carries_payloads"), std::string::npos);
    world_.send_bytes(1, std::string(wamp::encode_part_end(1).message()));
    EXPECT_EQ(world_.take(), (Lines{"1 " + std::string(violated), "1 closed"}));
}

}  // namespace
}  // namespace sallyport::backend_link
