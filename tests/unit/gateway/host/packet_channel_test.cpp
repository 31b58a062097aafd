#include "gateway/host/packet_channel.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace sallyport::gateway {
namespace {

struct Channel {
    boost::asio::io_context io{1};
    DescriptorPair pair = make_packet_pair();
    std::vector<std::string> packets;
    int ends = 0;
    PacketChannel channel{io, std::move(pair.theirs),
                          [this](Packet&& packet) { packets.push_back(packet.text); },
                          [this] { ++ends; }};

    void send(const std::string& text) { ASSERT_TRUE(send_packet(pair.ours.get(), text)); }
};

TEST(PacketChannel, ReadsAllPacketsInOrderAndThenTheEnd) {
    Channel one;
    for (int number = 0; number < 100; ++number) one.send(std::to_string(number));
    one.pair.ours.close();
    one.io.run();
    ASSERT_EQ(one.packets.size(), 100U);
    EXPECT_EQ(one.packets.front(), "0");
    EXPECT_EQ(one.packets.back(), "99");
    EXPECT_EQ(one.ends, 1);
}

TEST(PacketChannel, LetsOthersTheirTurnWhileItIsFlooded) {
    Channel one;
    for (int number = 0; number < 100; ++number) one.send("dial 0");
    std::size_t read_before = 0;
    // Runs after the handler of the first turn, which was woken up before it.
    while (one.packets.empty()) {
        boost::asio::post(one.io, [&] { read_before = one.packets.size(); });
        one.io.run_one();
    }
    one.io.poll_one();
    EXPECT_LT(read_before, 100U);
    EXPECT_LT(one.packets.size(), 100U);
    one.pair.ours.close();
    one.io.run();
    EXPECT_EQ(one.packets.size(), 100U);
}

}  // namespace
}  // namespace sallyport::gateway
