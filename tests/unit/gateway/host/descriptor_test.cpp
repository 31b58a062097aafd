#include "gateway/host/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
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

TEST(Packets, LeaveNoSecondDescriptorOpen) {
    const DescriptorPair pair = make_packet_pair();
    const std::array<int, 2> carried{pair.ours.get(), pair.ours.get()};
    std::string text = "dial";
    iovec part{text.data(), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(carried))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(carried));
    std::memcpy(CMSG_DATA(header), carried.data(), sizeof(carried));
    ASSERT_EQ(::sendmsg(pair.ours.get(), &message, 0), 4);
    const auto lowest_free = [] { return Descriptor(::open("/dev/null", O_CLOEXEC)).get(); };
    const int before = lowest_free();
    Packet packet;
    ASSERT_EQ(receive_packet(pair.theirs.get(), packet), Receive::packet);
    EXPECT_TRUE(packet.descriptor);
    EXPECT_EQ(packet.descriptor.get(), before);
    EXPECT_EQ(lowest_free(), before + 1);
}

TEST(Packets, EndWithOneThatIsTooLong) {
    const DescriptorPair pair = make_packet_pair();
    const std::string longer(packet_bytes_max + 1, 'x');
    ASSERT_EQ(::send(pair.ours.get(), longer.data(), longer.size(), 0),
              static_cast<ssize_t>(longer.size()));
    Packet packet;
    EXPECT_EQ(receive_packet(pair.theirs.get(), packet), Receive::end);
    const std::string longest(packet_bytes_max, 'x');
    ASSERT_TRUE(send_packet(pair.ours.get(), longest));
    ASSERT_EQ(receive_packet(pair.theirs.get(), packet), Receive::packet);
    EXPECT_EQ(packet.text, longest);
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
