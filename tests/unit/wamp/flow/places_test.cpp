#include "wamp/flow/places.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace sallyport::wamp::flow {
namespace {

PeerId peer(std::uint64_t number) {
    return PeerId{number};
}

class PlacesTest : public testing::Test {
protected:
    /// Connects over the circuit; returns who has to go.
    PeerId connect(std::uint64_t number, Places::Group circuit) {
        EXPECT_EQ(places_.enter(peer(number), 0), no_peer);
        return places_.assign_circuit(peer(number), circuit);
    }
    void log_in(std::uint64_t number) { places_.settle(peer(number), true); }

    Places places_{4, 3};
};

TEST_F(PlacesTest, TheOldestGoesForANewcomer) {
    for (std::uint64_t number = 1; number <= 4; ++number)
        EXPECT_EQ(places_.enter(peer(number), 0), no_peer);
    EXPECT_EQ(places_.enter(peer(5), 0), peer(1));
    EXPECT_EQ(places_.enter(peer(6), 0), peer(2));
    EXPECT_EQ(places_.size(), 4u);
}

TEST_F(PlacesTest, TheOldestOfTheCircuitWithMostGoes) {
    EXPECT_EQ(connect(1, 7), no_peer);
    EXPECT_EQ(connect(2, 8), no_peer);
    EXPECT_EQ(connect(3, 8), no_peer);
    EXPECT_EQ(connect(4, 9), no_peer);
    EXPECT_EQ(places_.enter(peer(5), 0), peer(2));
}

TEST_F(PlacesTest, ACircuitDisplacesItsOwnBeyondItsShare) {
    EXPECT_EQ(connect(1, 7), no_peer);
    EXPECT_EQ(connect(2, 7), no_peer);
    EXPECT_EQ(connect(3, 7), no_peer);
    EXPECT_EQ(connect(4, 7), peer(1));
    EXPECT_EQ(places_.size(), 3u);
}

TEST_F(PlacesTest, ACircuitWhoseConnectionsHaveLoggedInGetsNoMore) {
    for (std::uint64_t number = 1; number <= 3; ++number) {
        EXPECT_EQ(connect(number, 7), no_peer);
        log_in(number);
    }
    EXPECT_EQ(connect(4, 7), peer(4));
    EXPECT_EQ(connect(5, 8), no_peer);
}

TEST_F(PlacesTest, WhoHasLoggedInIsNotDisplaced) {
    for (std::uint64_t number = 1; number <= 4; ++number) {
        EXPECT_EQ(places_.enter(peer(number), 0), no_peer);
        log_in(number);
    }
    EXPECT_EQ(places_.enter(peer(5), 0), peer(5));
    places_.settle(peer(2), false);
    EXPECT_EQ(places_.enter(peer(6), 0), peer(2));
}

TEST_F(PlacesTest, WhoLeavesMakesRoom) {
    for (std::uint64_t number = 1; number <= 4; ++number)
        EXPECT_EQ(places_.enter(peer(number), 0), no_peer);
    places_.leave(peer(3));
    places_.leave(peer(3));
    EXPECT_EQ(places_.enter(peer(5), 0), no_peer);
    EXPECT_EQ(places_.assign_circuit(peer(3), 7), no_peer);
    places_.settle(peer(3), true);
    EXPECT_EQ(places_.size(), 4u);
}

// Whose group is the newest, or has the largest number, must not matter.
TEST_F(PlacesTest, OfCircuitsWithEquallyManyTheOldestGoes) {
    EXPECT_EQ(connect(1, 9), no_peer);
    EXPECT_EQ(connect(2, 7), no_peer);
    EXPECT_EQ(connect(3, 8), no_peer);
    EXPECT_EQ(connect(4, 6), no_peer);
    EXPECT_EQ(places_.enter(peer(5), 100), peer(1));
    EXPECT_EQ(places_.enter(peer(6), 101), peer(2));
}

TEST_F(PlacesTest, NobodyGoesForAConnectionWhoseCircuitIsNotKnownYet) {
    for (std::uint64_t number = 1; number <= 4; ++number)
        EXPECT_EQ(connect(number, number), no_peer);
    EXPECT_EQ(places_.enter_before_circuit(peer(5)), no_peer);
    EXPECT_EQ(places_.enter_before_circuit(peer(6)), no_peer);
    EXPECT_EQ(places_.assign_circuit(peer(6), 1), peer(1)) << "its own circuit has most then";
}

TEST_F(PlacesTest, ConnectionsThatNeverTellTheirCircuitDisplaceEachOther) {
    EXPECT_EQ(connect(1, 7), no_peer);
    for (std::uint64_t number = 2; number <= 257; ++number)
        EXPECT_EQ(places_.enter_before_circuit(peer(number)), no_peer);
    EXPECT_EQ(places_.enter_before_circuit(peer(258)), peer(2));
    EXPECT_EQ(places_.enter_before_circuit(peer(259)), peer(3));
}

TEST_F(PlacesTest, ConnectionsThatWaitForTheirCircuitTakeNoPlaceOfOthers) {
    for (std::uint64_t number = 1; number <= 3; ++number)
        EXPECT_EQ(connect(number, number), no_peer);
    for (std::uint64_t number = 10; number < 20; ++number)
        EXPECT_EQ(places_.enter_before_circuit(peer(number)), no_peer);
    EXPECT_EQ(places_.enter(peer(4), 100), no_peer) << "the fourth place";
    EXPECT_EQ(places_.enter(peer(5), 101), peer(1));
}

TEST_F(PlacesTest, AFloodOfOneCircuitLeavesRoomForOthers) {
    EXPECT_EQ(connect(1, 7), no_peer);
    for (std::uint64_t number = 2; number < 1000; ++number) {
        const PeerId first = places_.enter(peer(number), 0);
        EXPECT_NE(first, peer(1));
        const PeerId second = places_.assign_circuit(peer(number), 8);
        EXPECT_NE(second, peer(1));
    }
    EXPECT_LE(places_.size(), 4u);
}

}  // namespace
}  // namespace sallyport::wamp::flow
