#include "policy/door/join_pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "policy/door/door.h"
#include "tests/unit/policy/wires.h"

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

class JoinPaceTest : public testing::Test {
protected:
    /// One more peer of that circuit. Whether it has to wait.
    bool waits(std::uint64_t circuit) {
        peers_.push_back(std::make_unique<Peer>());
        Peer& peer = *peers_.back();
        peer.id = wamp::PeerId{peers_.size()};
        peer.transport.circuit = circuit;
        pace_.expect(peer, now_);
        return pace_.take_paused();
    }
    /// How many of `count` peers do not have to wait.
    int free_of(int count, std::uint64_t circuit) {
        int free = 0;
        for (int i = 0; i < count; ++i) free += waits(circuit) ? 0 : 1;
        return free;
    }
    /// The peers that are read on, by their number, from 1.
    std::vector<std::uint64_t> resumed() {
        wamp::Outbox out;
        pace_.on_deadline(now_, out);
        std::vector<std::uint64_t> peers;
        for (const wamp::Effect& effect : out)
            peers.push_back(
                static_cast<std::uint64_t>(std::get<wamp::effect::Resume>(effect).peer));
        return peers;
    }

    wamp::Instant now_{1h};
    JoinPace pace_{10, 5s};
    std::vector<std::unique_ptr<Peer>> peers_;
};

TEST_F(JoinPaceTest, OneSecondsWorthIsFreeAndTheNextOnesWaitForTheirTurn) {
    EXPECT_EQ(free_of(10, 7), 10);
    EXPECT_TRUE(waits(7));
    EXPECT_TRUE(waits(7));
    EXPECT_FALSE(pace_.take_paused()) << "it is told once";
    EXPECT_EQ(pace_.deadline(), now_ + 100ms);
    EXPECT_EQ(pace_.waiting(), 2U);
    now_ += 99ms;
    EXPECT_TRUE(resumed().empty());
    now_ += 1ms;
    EXPECT_EQ(resumed(), std::vector<std::uint64_t>{11});
    now_ += 100ms;
    EXPECT_EQ(resumed(), std::vector<std::uint64_t>{12});
    EXPECT_EQ(pace_.deadline(), wamp::never);
    EXPECT_EQ(pace_.delayed(), 2U);
}

TEST_F(JoinPaceTest, CircuitsDoNotWaitForEachOther) {
    free_of(50, 7);
    EXPECT_EQ(free_of(10, 8), 10);
    EXPECT_EQ(free_of(100, 0), 100) << "without a circuit each connection is its own";
}

TEST_F(JoinPaceTest, WhoJoinsAtTheRateNeverWaits) {
    for (int i = 0; i < 100; ++i, now_ += 100ms) EXPECT_FALSE(waits(7));
}

TEST_F(JoinPaceTest, NobodyWaitsLongerThanTheLongestTime) {
    free_of(1000, 7);
    const auto waiting = pace_.waiting();
    EXPECT_EQ(waiting, 990U);
    now_ += 5s;
    EXPECT_EQ(resumed().size(), waiting);
}

TEST_F(JoinPaceTest, AConnectionThatClosesIsNotResumed) {
    free_of(10, 7);
    EXPECT_TRUE(waits(7));
    pace_.leave(*peers_.back());
    pace_.leave(*peers_.front());  // it has not waited
    EXPECT_EQ(pace_.deadline(), wamp::never);
    EXPECT_EQ(pace_.waiting(), 0U);
}

TEST_F(JoinPaceTest, CircuitsThatMayJoinAsIfNothingHadBeenAreForgotten) {
    for (std::uint64_t circuit = 1; circuit <= 100'000; ++circuit, now_ += 1ms) waits(circuit);
    EXPECT_LE(pace_.circuits(), 300U);  // a join is paid for after 100 ms
}

TEST_F(JoinPaceTest, OnlySoManyCircuitsAreRemembered) {
    for (std::uint64_t circuit = 1; circuit <= JoinPace::circuits_max; ++circuit) waits(circuit);
    EXPECT_EQ(pace_.circuits(), JoinPace::circuits_max);  // at the limit
    EXPECT_EQ(free_of(20, 100'000), 20) << "one past it";
    EXPECT_EQ(pace_.circuits(), JoinPace::circuits_max);
    EXPECT_EQ(free_of(20, 1), 9) << "the others are still counted";
}

TEST_F(JoinPaceTest, WithoutALimitNobodyWaits) {
    JoinPace unlimited(SIZE_MAX, 5s);
    Peer one;
    for (int i = 0; i < 1000; ++i) unlimited.expect(one, now_);
    EXPECT_FALSE(unlimited.take_paused());
    EXPECT_EQ(unlimited.circuits(), 0U);
}

// In the door
// -------------------------------------------------------------------------------------------------

class DoorJoinPace : public testing::Test {
protected:
    static DoorLimits limits() {
        DoorLimits limits;
        limits.joins_per_s = 2;
        return limits;
    }
    /// Whether it is read at once.
    bool open(std::uint64_t id, std::uint64_t circuit, Trust trust = Trust::client) {
        Transport transport = world_.wires.open(id);
        transport.circuit = circuit;
        world_.door.on_open(peer(id), transport, trust, world_.now, world_.wires.out);
        return !world_.door.take_paused();
    }
    Lines at(wamp::Duration later) {
        world_.now += later;
        world_.door.on_deadline(world_.now, world_.wires.out);
        return world_.wires.take();
    }

    DoorWorld world_{limits()};
};

TEST_F(DoorJoinPace, APeerWhoseCircuitJoinsTooOftenIsNotReadUntilItsTurn) {
    EXPECT_TRUE(open(1, 7));
    EXPECT_TRUE(open(2, 7));
    EXPECT_FALSE(open(3, 7));
    EXPECT_TRUE(open(4, 8));
    EXPECT_TRUE(open(5, 7, Trust::link));
    EXPECT_EQ(world_.door.deadline(), world_.now + 500ms);
    EXPECT_EQ(at(500ms), Lines{"3 resumed"});
    world_.send(3, hello);
    EXPECT_TRUE(world_.wires.take()[0].starts_with("3 WELCOME"));
}

TEST_F(DoorJoinPace, ThereIsStillOneDeadlineForJoining) {
    for (std::uint64_t id = 1; id <= 30; ++id) open(id, 7);
    Lines lines;
    for (int step = 0; step < 19; ++step) {
        for (auto& line : at(500ms)) lines.push_back(std::move(line));
    }
    EXPECT_EQ(lines.size(), 19U);
    for (auto& line : at(500ms)) lines.push_back(std::move(line));
    EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                            [](const auto& line) { return line.ends_with("closed"); }),
              30);
    EXPECT_EQ(world_.door.deadline(), wamp::never);
}

TEST_F(DoorJoinPace, JoiningAgainCountsAsWell) {
    EXPECT_TRUE(open(1, 0));
    for (int i = 0; i < 2; ++i) {
        world_.send(1, hello);
        world_.send(1, R"([6,{},"wamp.close.close_realm"])");
        EXPECT_EQ(world_.door.take_paused(), i == 1);
    }
    world_.wires.take();
    EXPECT_EQ(at(500ms), Lines{"1 resumed"});
}

TEST_F(DoorJoinPace, AConnectionThatClosesLeavesNothingBehind) {
    open(1, 7);
    open(2, 7);
    EXPECT_FALSE(open(3, 7));
    world_.door.on_closed(peer(3), "gone");
    EXPECT_TRUE(at(500ms).empty());
}

}  // namespace
}  // namespace sallyport::policy
