// What the sessions of one circuit may have waiting together.
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/gateway/front/front_world.h"

namespace sallyport::gateway {
namespace {

using wamp::Reading;

/// Session 1 has no circuit and subscribes to "lab.t", sessions 2 to 5 are of circuit 7, and
/// session 6 of circuit 8.
struct Crowd : FrontWorld {
    static constexpr std::size_t limit = 10'000;

    Crowd() : FrontWorld(true, backend_link::BackendKind::generic, front_policy, 1000, limit) {
        link_up();
        join(1);
        for (std::uint64_t id = 2; id <= 5; ++id) join_on(7, id);
        join_on(8, 6);
        send(1, R"([32,1,{},"lab.t"])");
        send(9, "[33,1,700]");
        take();
    }
    /// About 4,600 bytes that the backend has to acknowledge.
    Reading publish(std::uint64_t id) {
        return send_bytes(id, "[16," + std::to_string(++requests_[id]) + ",{},\"lab.t\",[\"" +
                                  std::string(4000, 'x') + "\"]]");
    }
    Reading call(std::uint64_t id, std::size_t bytes) {
        return send_bytes(id, "[48," + std::to_string(++requests_[id]) + ",{},\"lab.a\",[\"" +
                                  std::string(bytes, 'x') + "\"]]");
    }
    /// The backend has taken the next publication. Returns who is paused or resumed.
    Lines acknowledge() {
        send(9, "[17," + std::to_string(++acknowledged_) + ",1]");
        return pauses();
    }
    Lines pauses() {
        Lines lines = take();
        std::erase_if(lines, [](const std::string& line) {
            return !line.ends_with("paused") && !line.ends_with("resumed");
        });
        return lines;
    }

    std::map<std::uint64_t, int> requests_{{1, 1}};
    int acknowledged_ = 1;  ///< the first request on the link was the subscription
};

TEST(FrontCircuit, ASessionWithSomethingUnderWayWaitsWhenItsCircuitHasTooMuch) {
    Crowd world;
    EXPECT_EQ(world.publish(2), Reading::go_on);
    EXPECT_EQ(world.publish(2), Reading::go_on);
    EXPECT_EQ(world.publish(3), Reading::pause) << "13,800 bytes";
    EXPECT_EQ(world.call(4, 10), Reading::go_on) << "it has nothing that waits";
    EXPECT_EQ(world.publish(6), Reading::go_on) << "another circuit";
    EXPECT_EQ(world.publish(1), Reading::go_on) << "no circuit";
    EXPECT_EQ(world.pauses(), Lines{});
    EXPECT_EQ(world.publish(4), Reading::pause);
    EXPECT_EQ(world.acknowledge(), Lines{});  // one of session 2
    EXPECT_EQ(world.acknowledge(), Lines{});
    EXPECT_EQ(world.acknowledge(), (Lines{"3 resumed", "4 resumed"})) << "below a half";
}

TEST(FrontCircuit, BeyondTwiceTheLimitAllOfTheCircuitWait) {
    Crowd world;
    for (const std::uint64_t id : std::initializer_list<std::uint64_t>{2, 2, 3, 4})
        world.publish(id);
    EXPECT_EQ(world.pauses(), Lines{});
    EXPECT_EQ(world.publish(2), Reading::pause) << "23,000 bytes";
    EXPECT_EQ(world.pauses(), (Lines{"5 paused"})) << "the others are paused already";
    EXPECT_EQ(world.publish(6), Reading::go_on);
    EXPECT_EQ(world.front.status_json().find(R"("waiting":4)") != std::string::npos, true);
    EXPECT_EQ(world.acknowledge(), Lines{});
    EXPECT_EQ(world.acknowledge(), (Lines{"5 resumed"})) << "it has nothing that waits";
    EXPECT_EQ(world.acknowledge(), (Lines{"3 resumed"})) << "nor has this one any more";
    EXPECT_EQ(world.acknowledge(), (Lines{"4 resumed", "2 resumed"}));
}

TEST(FrontCircuit, AMessageThatWaitsForTheLinkCounts) {
    Crowd world;
    world.links_write = false;
    world.written(0);
    EXPECT_EQ(world.call(1, 2000), Reading::go_on);  // fills the window
    for (std::uint64_t id = 2; id <= 4; ++id) EXPECT_EQ(world.call(id, 8000), Reading::pause);
    EXPECT_EQ(world.pauses(), (Lines{"5 paused"}));
    world.written(0);  // 17,000 bytes still wait
    EXPECT_EQ(world.pauses(), Lines{}) << "its message has crossed, but the circuit is still full";
    world.written(0);
    Lines resumed = world.pauses();
    EXPECT_EQ(resumed.size(), 3U) << "all but the one whose message still waits";
    world.written(0);
    const Lines last = world.pauses();
    EXPECT_EQ(last.size(), 1U);
    resumed.insert(resumed.end(), last.begin(), last.end());
    std::sort(resumed.begin(), resumed.end());
    EXPECT_EQ(resumed, (Lines{"2 resumed", "3 resumed", "4 resumed", "5 resumed"}));
}

TEST(FrontCircuit, ASessionThatLeavesIsReadAndDoesNotWait) {
    Crowd world;
    for (const std::uint64_t id : std::initializer_list<std::uint64_t>{2, 2, 3, 4})
        world.publish(id);
    world.publish(2);
    world.take();
    world.lose(5);
    world.lose(3);
    world.take();
    for (int i = 0; i < 5; ++i) {
        for (const std::string& line : world.acknowledge()) {
            EXPECT_NE(line, "5 resumed");
        }
    }
    EXPECT_NE(world.front.status_json().find(R"("circuits":{"bytes":0,"waiting":0})"),
              std::string::npos);
}

TEST(FrontCircuit, TheLossOfTheLinkLetsAllGoOn) {
    Crowd world;
    for (const std::uint64_t id : std::initializer_list<std::uint64_t>{2, 2, 3, 4})
        world.publish(id);
    world.publish(2);
    world.take();
    world.lose(9);
    EXPECT_EQ(world.pauses().size(), 4U);
    EXPECT_NE(world.front.status_json().find(R"("circuits":{"bytes":0,"waiting":0})"),
              std::string::npos);
}

/// Sessions of three circuits and of none that send all they may, over a link that takes and
/// acknowledges as it likes, with denials between. Who is paused is not sent for.
class FrontCircuitFlood : public testing::TestWithParam<std::uint64_t> {
protected:
    static constexpr std::uint64_t first = 20, last = 44;

    FrontCircuitFlood() {
        for (std::uint64_t id = first; id <= last; ++id) {
            const std::uint64_t circuit = random_.below(4);
            circuit == 0 ? world_.join(id) : world_.join_on(100 + circuit, id);
        }
        world_.links_write = false;
    }
    void send_something() {
        const std::uint64_t id = first + random_.below(last - first + 1);
        if (paused_[id]) return;
        const auto request = std::to_string(++world_.requests_[id]);
        const std::string text(random_.below(6000), 'x');
        std::string message;
        switch (random_.below(4)) {
            case 0:
                message = "[48," + request + ",{},\"lab.a\",[\"" + text + "\"]]";
                break;
            case 1:
                message = "[48," + request + ",{},\"nobody.may\"]";  // denied
                break;
            default:
                message = "[16," + request + ",{},\"lab.t\",[\"" + text + "\"]]";
        }
        const Reading reading = world_.send_bytes(id, message);
        look();
        if (reading == Reading::pause) paused_[id] = true;
    }
    /// What the front has done: who is paused and resumed, and what has crossed the link.
    void look() {
        for (const std::string& line : world_.take()) {
            const std::uint64_t id = std::stoull(line);
            if (line.ends_with(" paused")) paused_[id] = true;
            if (line.ends_with(" resumed")) paused_[id] = false;
            if (line.starts_with("9 [16,")) unacknowledged_.push_back(std::stoi(line.substr(6)));
        }
    }
    void acknowledge() {
        if (unacknowledged_.empty()) return;
        const auto at = random_.below(unacknowledged_.size());
        const int request = unacknowledged_[at];
        unacknowledged_.erase(unacknowledged_.begin() + static_cast<std::ptrdiff_t>(at));
        world_.send(9, "[17," + std::to_string(request) + ",1]");
        look();
    }

    wamp::Random random_{{static_cast<unsigned char>(GetParam())}};
    Crowd world_;
    std::map<std::uint64_t, bool> paused_;
    std::vector<int> unacknowledged_;
};

TEST_P(FrontCircuitFlood, NobodyWaitsForEverAndNothingStaysCounted) {
    for (int step = 0; step < 3000; ++step) {
        send_something();
        if (random_.below(3) == 0) acknowledge();
        if (random_.below(4) == 0) world_.written(random_.below(3000));
        world_.advance(1ms);
        look();
    }
    for (int i = 0; i < 5000 && world_.front.links()[0].held > 0; ++i) {
        world_.written(0);
        look();
    }
    while (!unacknowledged_.empty()) acknowledge();
    world_.written(0);
    world_.advance(5s);  // what denials cost
    look();
    while (!unacknowledged_.empty()) acknowledge();
    EXPECT_EQ(world_.front.links()[0].held, 0U);
    for (const auto& [id, paused] : paused_) EXPECT_FALSE(paused) << id;
    EXPECT_NE(world_.front.status_json().find(R"("circuits":{"bytes":0,"waiting":0})"),
              std::string::npos)
        << world_.front.status_json();
}

INSTANTIATE_TEST_SUITE_P(Seeds, FrontCircuitFlood, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace sallyport::gateway
