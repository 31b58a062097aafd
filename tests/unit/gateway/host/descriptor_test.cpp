#include "gateway/host/descriptor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace sallyport::gateway {
namespace {

TEST(Packets, KeepTheirBoundsAndOrder) {
    const DescriptorPair pair = make_packet_pair();
    ASSERT_TRUE(send_packet(pair.ours.get(), "first"));
    ASSERT_TRUE(send_packet(pair.ours.get(), "second"));
    Packet packet;
    ASSERT_EQ(receive_packet(pair.theirs.get(), packet), Receive::packet);
    EXPECT_EQ(packet.text, "first");
    ASSERT_EQ(receive_packet(pair.theirs.get(), packet), Receive::packet);
    EXPECT_EQ(packet.text, "second");
    EXPECT_EQ(receive_packet(pair.theirs.get(), packet), Receive::nothing_yet);
}

TEST(Packets, CarryADescriptor) {
    const DescriptorPair pair = make_packet_pair();
    DescriptorPair carried = make_stream_pair();
    ASSERT_TRUE(send_packet(pair.ours.get(), "link", carried.theirs.get()));
    carried.theirs.close();
    Packet packet;
    ASSERT_EQ(receive_packet(pair.theirs.get(), packet), Receive::packet);
    ASSERT_TRUE(packet.descriptor);
    ASSERT_EQ(::write(packet.descriptor.get(), "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(::read(carried.ours.get(), &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
}

TEST(Packets, TellThatTheOtherEndIsGone) {
    DescriptorPair pair = make_packet_pair();
    pair.theirs.close();
    Packet packet;
    EXPECT_EQ(receive_packet(pair.ours.get(), packet), Receive::end);
    EXPECT_FALSE(send_packet(pair.ours.get(), "anybody?"));
}

TEST(Packets, DoNotWaitForAReader) {
    const DescriptorPair pair = make_packet_pair();
    const std::string large(packet_bytes_max, 'x');
    bool sent = true;
    for (int count = 0; sent && count < 10'000; ++count) sent = send_packet(pair.ours.get(), large);
    EXPECT_FALSE(sent);
}

}  // namespace
}  // namespace sallyport::gateway
