#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/gateway/front/front_world.h"

namespace sallyport::gateway {
namespace {

using wamp::Reading;

/// A link that writes nothing until a test says so, and three clients.
struct Stopped : FrontWorld {
    using FrontWorld::FrontWorld;
    /// The link is up.
    void begin() {
        for (std::uint64_t id = 1; id <= 3; ++id) join(id);
        links_write = false;
        written(0);
        take();
    }
    Reading call(std::uint64_t id, int request, std::size_t bytes) {
        return send_bytes(id, "[48," + std::to_string(request) + ",{},\"lab.a\",[\"" +
                                  std::string(bytes, static_cast<char>('a' + id)) + "\"]]");
    }
};

/// With a link that takes so many bytes.
struct Slow : Stopped {
    explicit Slow(std::size_t window_bytes = 1000, std::string_view policy = front_policy)
        : Stopped(true, backend_link::BackendKind::generic, policy, window_bytes) {
        link_up();
        begin();
    }
    /// What was sent, with arguments cut to their first letter: "9 [48,1,{},"lab.a",["b".
    Lines brief() {
        Lines lines = take();
        for (std::string& line : lines) {
            const auto args = line.find("[\"");
            if (args != std::string::npos) line.resize(std::min(line.size(), args + 3));
        }
        return lines;
    }
};

TEST(FrontFlow, PausesAClientWhoseMessageTheLinkCannotTake) {
    Slow world;
    EXPECT_EQ(world.call(1, 1, 2000), Reading::go_on);  // one message may exceed the window
    EXPECT_EQ(world.call(2, 1, 10), Reading::pause);
    EXPECT_EQ(world.call(3, 1, 20), Reading::pause);
    EXPECT_EQ(world.brief(), (Lines{R"(9 [48,1,{},"lab.a",["b)"}));
    EXPECT_EQ(world.front.links()[0].held, 2u);
    world.written(1000);
    EXPECT_EQ(world.brief(), Lines{}) << "the window is still full";
    world.written(999);
    EXPECT_EQ(world.brief(), (Lines{"2 resumed", R"(9 [48,2,{},"lab.a",["c)"}));
    world.written(0);
    EXPECT_EQ(world.brief(), (Lines{"3 resumed", R"(9 [48,3,{},"lab.a",["d)"}));
    EXPECT_EQ(world.front.links()[0].held, 0u);
    EXPECT_EQ(world.call(2, 2, 2000), Reading::go_on);
    EXPECT_EQ(world.call(3, 2, 10), Reading::pause);
}

TEST(FrontFlow, LetsASmallMessageGoBeforeLargeOnesThatWaitLonger) {
    Slow world;
    world.call(1, 1, 5000);
    world.call(1, 2, 5000);
    world.call(2, 1, 5000);
    world.call(3, 1, 10);
    world.brief();
    world.written(0);
    EXPECT_EQ(world.brief()[0], "3 resumed");
}

TEST(FrontFlow, HoldsEveryKindOfMessage) {
    Slow world(100);
    world.call(1, 1, 200);
    world.brief();
    for (const auto& [text, crossed] : std::vector<std::pair<std::string, std::string>>{
             {R"([16,2,{},"lab.t"])", "9 [16,2,"},
             {R"([32,3,{},"lab.t"])", "9 [32,3,"},
             {R"([49,1,{}])", R"(9 [49,1,{"mode":"killnowait"}])"},
             {R"([64,4,{},"lab.b"])", "9 [64,4,"}}) {
        world.written(100);
        EXPECT_EQ(world.send_bytes(1, text), Reading::pause) << text;
        EXPECT_EQ(world.front.links()[0].held, 1u);
        EXPECT_EQ(world.take(), Lines{});
        world.written(0);
        const Lines lines = world.take();
        ASSERT_GE(lines.size(), 2u);
        EXPECT_EQ(lines[0], "1 resumed");
        EXPECT_EQ(lines[1].substr(0, crossed.size()), crossed);
    }
}

TEST(FrontFlow, HoldsTheAnswerOfACalleeAndSendsIt) {
    Slow world;
    world.links_write = true;
    world.send(1, R"([64,1,{},"lab.p"])");
    world.send(9, "[65,1,5]");
    world.send(9, R"([68,7,5,{},["x"]])");
    world.links_write = false;
    world.call(2, 1, 2000);
    world.take();
    EXPECT_EQ(world.send_bytes(1, R"([70,1,{},["answer"]])"), Reading::pause);
    EXPECT_EQ(world.take(), Lines{});
    world.written(0);
    EXPECT_EQ(world.take(), (Lines{"1 resumed", R"(9 [70,7,{},["answer"]])"}));
}

TEST(FrontFlow, ForgetsWhatASessionHeldThatLeaves) {
    Slow world;
    world.call(1, 1, 2000);
    world.call(2, 1, 10);
    world.brief();
    world.lose(2);
    EXPECT_EQ(world.front.links()[0].held, 0u);
    world.written(0);
    EXPECT_EQ(world.brief(), (Lines{"2 resumed"})) << "which nobody hears";
}

TEST(FrontFlow, LetsTheRouteDecideOnWhatTheLinkLoses) {
    Slow world;
    world.call(1, 1, 2000);
    world.call(2, 1, 10);
    world.send_bytes(3, R"([16,1,{"acknowledge":true},"lab.t"])");
    world.brief();
    world.lose(9);
    const Lines lines = world.take();
    EXPECT_EQ(
        std::count(lines.begin(), lines.end(), R"(1 [8,48,1,{},"wamp.error.network_failure"])"), 1);
    for (const char* line : {"2 resumed", R"(2 [8,48,1,{},"wamp.error.unavailable"])", "3 resumed",
                             R"(3 [8,16,1,{},"wamp.error.unavailable"])"})
        EXPECT_EQ(std::count(lines.begin(), lines.end(), line), 1) << line;
    EXPECT_EQ(world.front.links()[0].held, 0u);
}

TEST(FrontFlow, DecidesAgainOnWhatWasHeldDuringAReload) {
    Slow world;
    world.call(1, 1, 2000);
    world.call(2, 1, 10);
    world.call(3, 1, 20);
    world.recorded();
    std::string stricter(front_policy);
    stricter +=
        "[[forbid]]\nid = \"now\"\nroles = [\"guest\"]\nactions = [\"call\"]\nuri = \"lab.a\"\n";
    world.front.reload({policy::door_realm(stricter)}, world.now, world.wires.out);
    world.take();
    world.written(0);
    EXPECT_EQ(world.take(), (Lines{"2 resumed", R"(2 [8,48,1,{},"wamp.error.not_authorized"])",
                                   "3 resumed", R"(3 [8,48,1,{},"wamp.error.not_authorized"])"}));
    EXPECT_EQ(world.recorded().size(), 2u);
}

TEST(FrontFlow, CountsTheOptionsOfAMessageToo) {
    Slow world;
    world.call(1, 1, 2000);
    world.send_bytes(
        2, R"([16,1,{"exclude_authid":[")" + std::string(100'000, 'x') + R"("]},"lab.t"])");
    world.call(3, 1, 1000);
    world.take();
    world.written(0);
    EXPECT_EQ(world.take()[0], "3 resumed");
}

TEST(FrontFlow, CountsTheTimeOfACallFromItsArrival) {
    Slow world;
    world.call(1, 1, 2000);
    world.send_bytes(2, R"([48,1,{"timeout":3000},"lab.a"])");
    world.send_bytes(3, R"([48,1,{"timeout":5000,"x":null},"lab.a"])");
    world.advance(3s);
    world.take();
    world.written(0);
    EXPECT_EQ(world.take(), (Lines{"2 resumed", R"(2 [8,48,1,{},"wamp.error.timeout"])",
                                   "3 resumed", R"(9 [48,2,{},"lab.a"])"}));
    world.advance(2s);
    const Lines lines = world.take();
    EXPECT_EQ(std::count(lines.begin(), lines.end(), R"(3 [8,48,1,{},"wamp.error.timeout"])"), 1);
}

TEST(FrontFlow, HoldsAtTheOtherLinkWhatAReloadMoves) {
    Slow world;
    world.link_up(19, Serializer::json, 16U << 20, 1);
    world.call(1, 1, 2000);
    world.call(2, 1, 10);
    world.send_bytes(3, R"([48,1,{},"lab.plc.a",[")" + std::string(2000, 'x') + "\"]]");
    world.take();
    std::string moved(front_policy);  // the routes change places
    moved.replace(moved.find("to = \"plc\""), 10, "to = \"old\"");
    moved.replace(moved.find("to = \"inside\""), 13, "to = \"plc\"");
    moved.replace(moved.find("to = \"old\""), 10, "to = \"inside\"");
    world.front.reload({policy::door_realm(moved)}, world.now, world.wires.out);
    world.front.on_written(policy::peer(9), 0, world.now, world.wires.out);
    EXPECT_EQ(world.take(), Lines{}) << "it waits for the other link now";
    EXPECT_EQ(world.front.links()[0].held, 0u);
    EXPECT_EQ(world.front.links()[1].held, 1u);
    world.front.on_written(policy::peer(19), 0, world.now, world.wires.out);
    EXPECT_EQ(world.brief(), (Lines{"2 resumed", R"(19 [48,2,{},"lab.a",["c)"}));
}

// The burst that once lost all but 4,096 of its publications.
TEST(FrontFlow, LosesNoPublicationOfABurst) {
    Slow world(64U << 10);
    world.links_write = true;
    int next = 1;
    int arrived = 0;
    int acknowledged = 0;
    bool paused = false;
    int pauses = 0;
    while (arrived < 6000) {
        while (!paused && next <= 6000) {
            paused = world.send_bytes(1, "[16," + std::to_string(next++) + ",{},\"lab.t\"]") ==
                     Reading::pause;
            pauses += paused ? 1 : 0;
        }
        for (const std::string& line : world.take()) {
            if (line == "1 resumed") {
                paused = false;
            } else if (line.starts_with("9 [16,")) {
                ++arrived;
            }
        }
        ASSERT_LE(arrived - acknowledged, 1025);
        if (acknowledged < arrived) {
            ++acknowledged;
            world.send(9, "[17," + std::to_string(acknowledged) + ",900]");
        } else {
            ASSERT_FALSE(paused) << "nobody lets it go on";
        }
    }
    EXPECT_GT(pauses, 5);
    EXPECT_LT(pauses, 20) << "it should be paused for many publications at once";
}

// Otherwise its later messages, such as answers that others wait for, would never be read.
TEST(FrontFlow, LetsAPublisherGoOnWhoseBackendNeverAcknowledges) {
    Slow world(1U << 20);
    world.links_write = true;
    int request = 0;
    const auto publish = [&](const char* options) {
        return world.send_bytes(1,
                                "[16," + std::to_string(++request) + "," + options + ",\"lab.t\"]");
    };
    ASSERT_EQ(publish(R"({"acknowledge":true})"), Reading::go_on);
    for (Reading reading = Reading::go_on; reading == Reading::go_on;) {
        ASSERT_LE(request, 1024);
        reading = publish("{}");
    }
    world.take();
    const wamp::Instant due = world.now + LinkQueue::hold_back_max;
    const auto until = [&](wamp::Instant end) {
        while (world.now < end) {
            world.advance(std::min<wamp::Duration>(std::chrono::seconds(2), end - world.now));
            world.front.on_alive(policy::peer(9), world.now);  // its heartbeat goes on
        }
    };
    until(due - std::chrono::milliseconds(1));
    EXPECT_EQ(world.front.links()[0].held, 1u);
    world.take();
    until(due);
    const Lines lines = world.take();
    const auto has = [&](std::string_view line) {
        return std::find(lines.begin(), lines.end(), line) != lines.end();
    };
    EXPECT_TRUE(has(R"(1 [8,16,1,{},"wamp.error.timeout"])"));
    EXPECT_TRUE(has("1 resumed"));
    EXPECT_TRUE(has(R"(9 [16,1025,{"acknowledge":true},"lab.t"])"));
    EXPECT_EQ(world.front.links()[0].held, 0u);
    EXPECT_EQ(world.front.links()[0].counts.publications, 1u);
    EXPECT_EQ(publish("{}"), Reading::go_on);
}

TEST(FrontFlow, SendsWhatWaitedForTheLinkThroughTheSameWindow) {
    std::string waiting(front_policy);
    const std::string route = "to = \"inside\"\n";
    waiting.replace(waiting.find(route), route.size(),
                    route + "when_down = \"wait\"\nwait = \"5s\"\n");
    const auto is_call = [](const std::string& line) { return line.starts_with("10 [48,"); };
    Slow world(1000, waiting);
    world.lose(9);
    for (int i = 1; i <= 5; ++i) EXPECT_EQ(world.call(1, i, 5000), Reading::go_on);
    EXPECT_EQ(world.call(2, 1, 10), Reading::go_on);
    world.take();
    world.advance(1s);
    world.take();
    world.link_up(10);
    const Lines first = world.brief();
    EXPECT_EQ(std::count_if(first.begin(), first.end(), is_call), 2) << "a small one, and one more";
    EXPECT_EQ(world.call(3, 1, 10), Reading::pause) << "others wait already";
    EXPECT_EQ(world.call(1, 6, 10), Reading::pause);
    Lines all;
    for (int i = 0; i < 20; ++i) {
        world.written(0);
        for (const std::string& line : world.brief()) all.push_back(line);
    }
    const auto place = [&](std::string_view what) {
        return std::find_if(
                   all.begin(), all.end(),
                   [&](const std::string& line) { return line.find(what) != std::string::npos; }) -
               all.begin();
    };
    EXPECT_EQ(std::count_if(all.begin(), all.end(), is_call), 8 - 2);
    EXPECT_LT(place("[\"d"), 4) << "the small one waits for one large one at most";
    EXPECT_EQ(world.front.links()[0].counts.waiting, 0u);
}

// A client that reads, but not as fast as others send to it.
struct Behind : FrontWorld {
    Behind() {
        link_up();
        join(1, Serializer::json, 16u << 20,
             R"([1,"lab",{"roles":{"caller":{"features":{"progressive_call_results":true}},)"
             R"("subscriber":{"features":{"subscription_revocation":true}}}}])");
    }
    void fall_behind() {
        front.on_written(policy::peer(1), 5u << 20, now, wires.out);
        now += std::chrono::seconds(2);
        front.on_written(policy::peer(1), 5u << 20, now, wires.out);
    }
};

TEST(FrontFlow, EndsASubscriptionThatOutrunsItsSession) {
    Behind world;
    world.send(1, R"([32,1,{},"lab.topic"])");
    world.take();
    const std::string subscribed = world.after(9, "[33,1,500]").at(0);  // 1 [33,1,ID]
    const std::string id = subscribed.substr(8, subscribed.size() - 9);
    world.fall_behind();
    EXPECT_EQ(world.after(9, "[36,500,9,{},[1]]"),
              (Lines{"9 [34,2,500]", "1 [35,0,{\"subscription\":" + id +
                                         R"(,"reason":"sallyport.error.too_slow"}])"}));
    EXPECT_EQ(world.after(9, "[36,500,10,{},[1]]"), Lines{});
    EXPECT_EQ(world.after(1, R"([48,2,{},"lab.a"])").size(), 1u) << "the session lives";
}

TEST(FrontFlow, EndsACallWhoseProgressOutrunsItsCaller) {
    Behind world;
    EXPECT_EQ(world.after(1, R"([48,1,{"receive_progress":true},"lab.a"])").size(), 1u);
    EXPECT_EQ(world.after(9, R"([50,1,{"progress":true},[1]])").size(), 1u);
    world.fall_behind();
    EXPECT_EQ(world.after(9, R"([50,1,{"progress":true},[2]])"),
              (Lines{R"(9 [49,1,{"mode":"killnowait"}])",
                     R"(1 [8,48,1,{},"sallyport.error.too_slow"])"}));
    EXPECT_EQ(world.after(9, R"([50,1,{},[3]])"), Lines{});
}

TEST(FrontFlow, PausesAClientWhoseRequestsAreDeniedTooOften) {
    FrontWorld world;
    world.link_up();
    world.join(1);
    world.join(2);
    const auto denied = [&](std::uint64_t id, int request) {
        return world.send_bytes(id, "[48," + std::to_string(request) + R"(,{},"other.thing"])");
    };
    for (int request = 1; request <= 100; ++request)
        EXPECT_EQ(denied(1, request), Reading::go_on) << request;
    EXPECT_EQ(denied(1, 101), Reading::pause);
    EXPECT_EQ(denied(2, 1), Reading::go_on) << "of another client";
    EXPECT_EQ(world.take().size(), 102u) << "each is answered";
    EXPECT_EQ(world.front.deadline(), world.now + std::chrono::milliseconds(10));
    world.advance(std::chrono::milliseconds(10));
    EXPECT_EQ(world.take(), Lines{"1 resumed"});
    EXPECT_EQ(world.send_bytes(1, R"([48,102,{},"lab.a"])"), Reading::go_on) << "an allowed one";
    EXPECT_EQ(denied(1, 103), Reading::pause);
}

/// A link to an inside that carries payloads.
struct Carrying : Stopped {
    explicit Carrying(std::size_t window_bytes = 64U << 10)
        : Stopped(true, backend_link::BackendKind::sallyport, front_policy, window_bytes) {
        link_open(9, wamp::Serializer::msgpack);
        wires.take();
        send(9, R"([2,77,{"_carries_payloads":true,"roles":{"broker":{},"dealer":{}}}])");
        begin();
    }
    /// The lines without the options and arguments of calls.
    Lines brief() {
        Lines lines = take();
        for (std::string& line : lines) {
            if (line.starts_with("9 [48,")) line.resize(line.find(',', 6));
        }
        return lines;
    }
};

TEST(FrontFlow, CarriesAPayloadAsItsSenderWroteIt) {
    Carrying world;
    world.send(1, R"([48,1,{},"lab.a",[1.0,"x"],{"k": 2}])");
    const std::string line = world.take().at(0);
    EXPECT_NE(line.find(R"("_payload":[1,9,0])"), std::string::npos) << line;
    EXPECT_NE(world.wires.raw(9).find(R"([1.0,"x"]{"k": 2})"), std::string::npos);
    // {"_payload": [1, 3, 0]} and the binary "[2]" as its only argument
    world.send_bytes(
        9, std::string("\x94\x32\x01\x81\xA8_payload\x93\x01\x03\x00\x91\xC4\x03[2]", 23));
    EXPECT_EQ(world.take(), Lines{"1 [50,1,{},[2]]"});
}

TEST(FrontFlow, SendsALargePayloadInPartsAndOthersBetweenThem) {
    Carrying world;
    EXPECT_EQ(world.call(1, 1, 100'000), Reading::pause);
    EXPECT_EQ(world.brief(),
              (Lines{"9 part 1 16384", "9 part 1 16384", "9 part 1 16384", "9 part 1 16384"}));
    EXPECT_EQ(world.call(2, 1, 10), Reading::pause);
    world.written(60'000);
    EXPECT_EQ(world.brief(), (Lines{"2 resumed", "9 [48,1", "9 part 1 16384"}));
    world.written(0);
    EXPECT_EQ(world.brief(), (Lines{"9 part 1 16384", "9 part 1 1700", "1 resumed", "9 [48,2"}));
    EXPECT_EQ(world.front.held_bytes(), 2 * policy::call_bytes);
}

TEST(FrontFlow, TellsTheInsideWhenTheMessageOfPartsWillNotCome) {
    Carrying world;
    world.call(1, 1, 100'000);
    world.take();
    world.lose(1);
    EXPECT_EQ(world.take(), (Lines{"1 resumed", "9 part 1 0"}));

    EXPECT_EQ(world.call(2, 1, 100'000), Reading::pause);
    world.written(0);
    world.take();
    std::string stricter(front_policy);
    stricter +=
        "[[forbid]]\nid = \"now\"\nroles = [\"guest\"]\nactions = [\"call\"]\nuri = \"lab.a\"\n";
    world.front.reload({policy::door_realm(stricter)}, world.now, world.wires.out);
    world.written(0);
    const Lines lines = world.take();
    EXPECT_EQ(lines.back(), "9 part 2 0");
    EXPECT_EQ(
        std::count(lines.begin(), lines.end(), R"(2 [8,48,1,{},"wamp.error.not_authorized"])"), 1);
}

TEST(FrontFlow, EndsWhatItSendsInPartsWithTheLink) {
    Carrying world;
    world.call(1, 1, 100'000);
    world.take();
    world.lose(9);
    const Lines lines = world.take();
    EXPECT_EQ(std::count(lines.begin(), lines.end(), R"(1 [8,48,1,{},"wamp.error.unavailable"])"),
              1);
    EXPECT_EQ(world.front.links()[0].held, 0u);
}

TEST(FrontFlow, TakesThePartsOfTheInside) {
    Carrying world;
    world.call(1, 1, 10);
    world.take();
    const wamp::Payload payload{wamp::Serializer::json, "[\"abc\"]", {}, 0};
    const auto part = [&](std::size_t begin, std::size_t bytes) {
        world.send_bytes(9, std::string(wamp::encode_part(5, payload, begin, bytes).message()));
    };
    part(0, 3);
    part(3, 4);
    EXPECT_EQ(world.take(), Lines{});
    wamp::CallResult result{1, {}, payload};
    result.payload.sent_as = 5;
    world.send_bytes(9, std::string(wamp::encode_carrying(result).message()));
    EXPECT_EQ(world.take(), Lines{R"(1 [50,1,{},["abc"]])"});
    world.send_bytes(9, std::string(wamp::encode_carrying(result).message()));
    EXPECT_EQ(world.take().back(), "9 closed") << "the stream is used up";
}

/// W-GWY-16: an inside tells which callers to slow down.
struct Outrunning : Carrying {
    Outrunning() : Carrying(1000) {}

    Lines tell(std::uint64_t id, bool waits) {
        const wamp::CallerWait wait{wires.session(id), waits};
        send_bytes(9, std::string(wamp::encode_caller_wait(wait).message()));
        return take();
    }
};

TEST(FrontFlow, DoesNotReadACallerWhoseCallsOutrunTheirCallees) {
    Outrunning world;
    EXPECT_EQ(world.tell(1, true), Lines{"1 paused"});
    EXPECT_EQ(world.call(1, 1, 10), Reading::pause) << "somebody else had it read on";
    EXPECT_EQ(world.call(2, 1, 10), Reading::go_on);
    world.take();
    EXPECT_EQ(world.tell(1, false), Lines{"1 resumed"});
    EXPECT_EQ(world.tell(1, false), Lines{});
    EXPECT_EQ(world.call(1, 2, 10), Reading::go_on);
}

TEST(FrontFlow, ReadsACallerOnWhenNeitherLinkNorCalleeKeepsIt) {
    Outrunning world;
    world.call(2, 1, 2000);
    EXPECT_EQ(world.call(1, 1, 10), Reading::pause) << "the link is full";
    world.take();
    EXPECT_EQ(world.tell(1, true), Lines{"1 paused"});
    world.written(0);
    EXPECT_EQ(world.brief(), Lines{"9 [48,2"}) << "not read on, as callees keep it";
    EXPECT_EQ(world.tell(1, false), Lines{"1 resumed"});

    world.call(2, 2, 2000);
    EXPECT_EQ(world.call(1, 2, 10), Reading::pause);
    world.take();
    world.tell(1, true);
    EXPECT_EQ(world.tell(1, false), Lines{}) << "not read on, as the link keeps it";
    world.written(0);
    EXPECT_EQ(world.brief(), (Lines{"1 resumed", "9 [48,4"}));
}

TEST(FrontFlow, ReadsACallerOnWhenTheLinkIsLost) {
    Outrunning world;
    world.tell(1, true);
    world.tell(2, true);
    world.lose(9);
    Lines lines = world.take();
    std::erase_if(lines, [](const std::string& line) { return !line.ends_with(" resumed"); });
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines, (Lines{"1 resumed", "2 resumed"}));
    EXPECT_EQ(world.call(1, 1, 10), Reading::go_on);
}

TEST(FrontFlow, ForgetsACallerThatLeaves) {
    Outrunning world;
    world.tell(1, true);
    world.lose(1);
    world.take();
    EXPECT_EQ(world.tell(1, false), Lines{});
    EXPECT_EQ(world.tell(1, true), Lines{}) << "nobody of that name";
    world.send_bytes(9, std::string("\x93\xCD\x01\x01\x01\x01", 6));
    EXPECT_EQ(world.take().back(), "9 closed") << "a protocol violation";
}

}  // namespace
}  // namespace sallyport::gateway
