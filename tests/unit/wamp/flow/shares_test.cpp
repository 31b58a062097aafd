#include "wamp/flow/shares.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::wamp::flow {
namespace {

std::vector<std::uint64_t> all_of(Shares& shares) {
    std::vector<std::uint64_t> order;
    for (PeerId peer = shares.take_costliest(); peer != no_peer; peer = shares.take_costliest())
        order.push_back(static_cast<std::uint64_t>(peer));
    return order;
}

TEST(Shares, OfNobodyIsEmpty) {
    Shares shares;
    EXPECT_EQ(all_of(shares), std::vector<std::uint64_t>{});
}

TEST(Shares, TakeTheCostliestPeerFirst) {
    Shares shares;
    shares.add(0, PeerId{1}, 10);
    shares.add(0, PeerId{2}, 30);
    shares.add(0, PeerId{3}, 20);
    EXPECT_EQ(all_of(shares), (std::vector<std::uint64_t>{2, 3, 1}));
}

// 40 and then 25 of circuit 7 against 30 of one peer.
TEST(Shares, CountACircuitAsOne) {
    Shares shares;
    shares.add(7, PeerId{1}, 15);
    shares.add(7, PeerId{2}, 10);
    shares.add(7, PeerId{3}, 15);
    shares.add(0, PeerId{4}, 30);
    EXPECT_EQ(all_of(shares), (std::vector<std::uint64_t>{3, 4, 1, 2}));
}

}  // namespace
}  // namespace sallyport::wamp::flow
