#include "wamp/net/socket_options.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sallyport::wamp {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t bits_per_byte = 8;
constexpr std::uint64_t mbit_per_second = 1'000'000 / bits_per_byte;

TEST(SocketOptions, AFastPathHasTwoRoundTripsAndWhatLeavesUntilMoreIsWritten) {
    EXPECT_EQ(bytes_under_way(100 * mbit_per_second, 20ms), 562'500U);
}

TEST(SocketOptions, ANarrowPathHasFewMillisecondsUnderWay) {
    EXPECT_EQ(bytes_under_way(40 * mbit_per_second, 100us), 26'000U);
}

TEST(SocketOptions, AVeryNarrowPathHasAFewPackets) {
    EXPECT_EQ(bytes_under_way(1 * mbit_per_second, 1ms), 16'384U);
}

TEST(SocketOptions, FittingLeavesOtherSocketsThanTcpAlone) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const auto buffer = [&ends] {
        int bytes = 0;
        socklen_t size = sizeof(bytes);
        EXPECT_EQ(::getsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, &size), 0);
        return bytes;
    };
    const int before = buffer();
    EXPECT_EQ(fit_send_buffer(ends[0]), SIZE_MAX);
    EXPECT_EQ(buffer(), before);
    ::close(ends[0]);
    ::close(ends[1]);
}

}  // namespace
}  // namespace sallyport::wamp
