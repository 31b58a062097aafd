#include "wamp/flow/circuit_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <vector>

namespace sallyport::wamp::flow {
namespace {

using Charge = CircuitBytes::Charge;

class CircuitBytesTest : public testing::Test {
protected:
    static Sender on(std::uint64_t circuit, SessionId session) { return {circuit, session}; }
    std::vector<std::uint64_t> relieved() {
        std::vector<std::uint64_t> peers;
        for (const PeerId peer : bytes_.take_relieved())
            peers.push_back(static_cast<std::uint64_t>(peer));
        return peers;
    }
    /// As a session that is paused; its peer has the same number.
    void wait(const Sender& from) { bytes_.wait(from, PeerId{from.session}); }

    using Peers = std::vector<std::uint64_t>;
    CircuitBytes bytes_{100};
};

TEST_F(CircuitBytesTest, BeyondTheLimitWaitsWhoHasSomethingUnderWay) {
    Charge one = bytes_.charge(on(7, 1), 99);
    EXPECT_FALSE(bytes_.is_short());
    EXPECT_FALSE(bytes_.must_wait(on(7, 1)));  // at the limit
    Charge two = bytes_.charge(on(7, 2), 1);   // beyond it
    EXPECT_TRUE(bytes_.is_short());
    EXPECT_TRUE(bytes_.must_wait(on(7, 1)));
    EXPECT_TRUE(bytes_.must_wait(on(7, 2)));
    EXPECT_FALSE(bytes_.must_wait(on(7, 3))) << "it has nothing under way and may have one message";
    EXPECT_FALSE(bytes_.must_wait(on(8, 1))) << "another circuit";
    EXPECT_EQ(bytes_.bytes(), 100U);
    EXPECT_EQ(bytes_.bytes_of_circuit(on(7, 9)), 100U);
    two = {};
    EXPECT_FALSE(bytes_.is_short());
    EXPECT_FALSE(bytes_.must_wait(on(7, 1)));
    EXPECT_EQ(bytes_.bytes_of_circuit(on(7, 9)), 99U);
}

TEST_F(CircuitBytesTest, BeyondTwiceTheLimitAllOfTheCircuitWait) {
    Charge one = bytes_.charge(on(7, 1), 199);
    EXPECT_FALSE(bytes_.must_wait(on(7, 3)));
    EXPECT_EQ(bytes_.take_full(), std::nullopt);
    Charge two = bytes_.charge(on(7, 2), 1);
    EXPECT_TRUE(bytes_.must_wait(on(7, 3)));
    EXPECT_FALSE(bytes_.must_wait(on(8, 3)));
    EXPECT_EQ(bytes_.take_full(), 7U);
    EXPECT_EQ(bytes_.take_full(), std::nullopt);
    Charge three = bytes_.charge(on(7, 2), 500);
    EXPECT_EQ(bytes_.take_full(), std::nullopt) << "it is told once";
}

TEST_F(CircuitBytesTest, TheOnesWithNothingUnderWayAreReadAgainAtOneAndAHalfTheOthersAtHalf) {
    Charge large = bytes_.charge(on(7, 1), 140);
    Charge middle = bytes_.charge(on(7, 2), 45);
    Charge small = bytes_.charge(on(7, 3), 15);
    for (const SessionId session : std::initializer_list<SessionId>{1, 2, 3, 4, 5})
        wait(on(7, session));
    EXPECT_EQ(bytes_.waiting(), 5U);
    small = {};  // 185
    EXPECT_EQ(relieved(), Peers{});
    EXPECT_TRUE(bytes_.must_wait(on(7, 4))) << "not before it has come down";
    middle = {};  // 140
    EXPECT_EQ(relieved(), (Peers{4, 5, 2, 3}));
    EXPECT_FALSE(bytes_.must_wait(on(7, 4)));
    EXPECT_EQ(bytes_.waiting(), 1U);
    EXPECT_TRUE(bytes_.must_wait(on(7, 1)));
    large = {};
    EXPECT_EQ(relieved(), Peers{1});
    EXPECT_EQ(bytes_.bytes(), 0U);
}

TEST_F(CircuitBytesTest, WhoHasSomethingUnderWayIsReadAgainAtHalfOrWhenThatHasLeft) {
    Charge first = bytes_.charge(on(7, 1), 50);
    Charge second = bytes_.charge(on(7, 2), 40);
    Charge third = bytes_.charge(on(7, 2), 15);
    wait(on(7, 1));
    wait(on(7, 2));
    third = {};  // 90
    EXPECT_EQ(relieved(), Peers{});
    second = {};  // 50
    EXPECT_EQ(relieved(), (Peers{1, 2}));
    Charge more = bytes_.charge(on(7, 2), 60);  // 110
    Charge again = bytes_.charge(on(7, 3), 1);
    wait(on(7, 2));
    wait(on(7, 3));
    again = {};
    EXPECT_EQ(relieved(), Peers{3}) << "it has nothing under way any more";
    more = {};
    EXPECT_EQ(relieved(), Peers{2});
}

TEST_F(CircuitBytesTest, ThoseWhoHadTheirTurnLastComeLast) {
    std::vector<Charge> charges;
    charges.push_back(bytes_.charge(on(7, 1), 100));
    for (const SessionId session : std::initializer_list<SessionId>{3, 2, 1})
        charges.push_back(bytes_.charge(on(7, session), 40));
    for (const SessionId session : std::initializer_list<SessionId>{1, 2, 3, 4})
        wait(on(7, session));
    charges.clear();
    EXPECT_EQ(relieved(), (Peers{4, 3, 2, 1}));
}

TEST_F(CircuitBytesTest, ASessionThatEndsOrIsReadDoesNotWait) {
    Charge one = bytes_.charge(on(7, 1), 100);
    wait(on(7, 1));
    wait(on(7, 1));  // once
    EXPECT_EQ(bytes_.waiting(), 1U);
    EXPECT_TRUE(bytes_.forget(on(7, 1)));
    EXPECT_FALSE(bytes_.forget(on(7, 1)));
    EXPECT_FALSE(bytes_.forget(on(7, 2)));
    one = {};
    EXPECT_EQ(relieved(), Peers{});
}

TEST_F(CircuitBytesTest, ASessionWithoutACircuitStandsForItself) {
    Charge one = bytes_.charge(on(0, 1), 100);
    Charge two = bytes_.charge(on(0, 2), 50);
    EXPECT_TRUE(bytes_.must_wait(on(0, 1)));
    EXPECT_FALSE(bytes_.must_wait(on(0, 2)));
    Charge full = bytes_.charge(on(0, 1), 500);
    EXPECT_EQ(bytes_.take_full(), std::nullopt) << "nobody else is of that circuit";
    wait(on(0, 1));
    full = {};
    one = {};
    EXPECT_EQ(relieved(), Peers{1});
}

TEST_F(CircuitBytesTest, AChargeMovesAndEndsOnce) {
    Charge one = bytes_.charge(on(7, 1), 60);
    Charge two = std::move(one);
    EXPECT_EQ(bytes_.bytes(), 60U);
    one = bytes_.charge(on(7, 2), 5);
    two = std::move(one);
    one = {};
    EXPECT_EQ(bytes_.bytes(), 5U);
    two = {};
    EXPECT_EQ(bytes_.bytes(), 0U);
    Charge nothing = bytes_.charge(on(7, 1), 0);
    EXPECT_EQ(bytes_.bytes(), 0U);
}

TEST_F(CircuitBytesTest, WithoutALimitNothingIsCounted) {
    CircuitBytes unlimited(SIZE_MAX);
    Charge one = unlimited.charge(on(7, 1), 1'000'000);
    EXPECT_EQ(unlimited.bytes(), 0U);
    EXPECT_FALSE(unlimited.must_wait(on(7, 1)));
}

// Sessions that always have more to send, each a message at a time: all get their turn, nobody
// waits for ever, and the circuit stays below its bound.
TEST_F(CircuitBytesTest, UnderAFloodAllAreServedAndTheCircuitStaysBelowItsBound) {
    constexpr SessionId sessions = 50;
    constexpr std::size_t message = 30;
    std::vector<std::pair<SessionId, Charge>> held;
    std::map<SessionId, bool> paused;
    std::map<SessionId, int> sent;
    std::size_t most = 0;
    std::vector<SessionId> readable;
    for (SessionId session = 1; session <= sessions; ++session) readable.push_back(session);
    for (int step = 0; step < 20'000; ++step) {
        std::vector<SessionId> next;
        for (const SessionId session : std::exchange(readable, {})) {
            if (paused[session]) continue;
            held.emplace_back(session, bytes_.charge(on(7, session), message));
            ++sent[session];
            most = std::max(most, bytes_.bytes());
            if (bytes_.must_wait(on(7, session))) {
                paused[session] = true;
                wait(on(7, session));
            } else {
                next.push_back(session);
            }
            while (bytes_.take_full()) {
                for (SessionId other = 1; other <= sessions; ++other) {
                    if (!paused[other]) wait(on(7, other));
                    paused[other] = true;
                }
            }
        }
        for (const SessionId session : next) readable.push_back(session);
        held.erase(held.begin());  // one leaves
        for (const std::uint64_t session : relieved()) {
            paused[session] = false;
            readable.push_back(session);
        }
    }
    EXPECT_LT(most, 2 * bytes_.limit() + message);
    int least = INT32_MAX, greatest = 0;
    for (const auto& [session, count] : sent) {
        least = std::min(least, count);
        greatest = std::max(greatest, count);
    }
    EXPECT_EQ(sent.size(), sessions);
    EXPECT_GE(2 * least, greatest) << least << " to " << greatest;
}

}  // namespace
}  // namespace sallyport::wamp::flow
