// Who says nothing is sent a PING, and goes if it stays silent (W-GWY-17).
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/ip/tcp.hpp>

#include <gtest/gtest.h>

#include "tests/unit/wamp/net/accepted.h"
#include "tests/unit/wamp/net/net_fixture.h"
#include "wamp/net/connections.h"

namespace sallyport::wamp::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr flow::SilenceLimits quick{milliseconds(50), milliseconds(300)};
const std::string ping = hex_bytes("01000000");
const std::string pong = hex_bytes("02000000");
constexpr std::string_view gone = "silent, and does not answer a PING";

struct Silent : Accepted {
    explicit Silent(bool pings_rawsocket = true)
        : Accepted({.silence = quick, .pings_rawsocket = pings_rawsocket}) {}
    /// Runs the loop for so long, or until the peer is closed; calls `each` in every turn.
    template <class Each>
    void run_for(milliseconds duration, Each&& each) {
        const auto end = steady_clock::now() + duration;
        until([&] {
            each();
            return it().closed || steady_clock::now() >= end;
        });
    }
    void upgrade() {
        pair.write(
            "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n");
        ASSERT_TRUE(until([&] { return it().open; })) << it().why;
        pair.read();
    }
};

TEST(Silence, IsAskedOnceAndThenEndsTheConnection) {
    Silent a;
    const auto begin = steady_clock::now();
    a.open();
    ASSERT_TRUE(a.until([&] { return a.it().closed; }));
    EXPECT_GE(steady_clock::now() - begin, milliseconds(350));
    EXPECT_EQ(a.it().why, gone);
    EXPECT_EQ(a.read_until_end(), ping);
}

TEST(Silence, IsBrokenByAPong) {
    Silent a;
    a.open();
    int pings = 0;
    a.run_for(milliseconds(800), [&] {
        for (std::string read = a.pair.read(); !read.empty(); read.clear()) {
            EXPECT_EQ(read, ping);
            ++pings;
            a.pair.write(pong);
        }
    });
    EXPECT_FALSE(a.it().closed) << a.it().why;
    EXPECT_GE(pings, 2);
    EXPECT_EQ(a.it().alive, pings);
}

TEST(Silence, IsBrokenByAnyByteThoughNoPingIsAnswered) {
    Silent a;
    a.open();
    const std::string frame = Accepted::frame(std::string(400, 'x'));
    std::size_t sent = 0;
    auto next = steady_clock::now();
    a.run_for(milliseconds(800), [&] {
        if (steady_clock::now() < next || sent == frame.size()) return;
        a.pair.write(frame.substr(sent++, 1));
        next = steady_clock::now() + milliseconds(70);
    });
    EXPECT_FALSE(a.it().closed) << a.it().why;
    EXPECT_NE(a.pair.read().find(ping), std::string::npos);
    EXPECT_TRUE(a.it().messages.empty());
}

TEST(Silence, IsNotJudgedByAnAnswerThatNobodyReads) {
    Silent a;
    a.open();
    a.connections.pause(a.peer);
    int pings = 0;
    a.run_for(milliseconds(800), [&] {
        if (a.pair.read().empty()) return;
        ++pings;
        a.pair.write(pong);
    });
    EXPECT_FALSE(a.it().closed) << a.it().why;
    EXPECT_EQ(pings, 1);
    EXPECT_EQ(a.it().alive, 0);
}

TEST(Silence, EndsAPeerThatIsNotReadAndDoesNotAnswer) {
    Silent a;
    a.open();
    a.connections.pause(a.peer);
    ASSERT_TRUE(a.until([&] { return a.it().closed; }));
    EXPECT_EQ(a.it().why, gone);
}

TEST(Silence, IsAllowedToOneThatHasNotComeToThePing) {
    Silent a;
    a.open();
    a.connections.set_joined(a.peer, true);
    a.connections.send(a.peer, Frame::copy_of(std::string(3 << 20, 'x')));
    std::string some(16 << 10, ' ');
    auto next = steady_clock::now();
    a.run_for(milliseconds(1000), [&] {
        if (steady_clock::now() < next) return;
        ::recv(a.pair.fd, some.data(), some.size(), MSG_DONTWAIT);
        next = steady_clock::now() + milliseconds(10);
    });
    EXPECT_FALSE(a.it().closed) << a.it().why;
    ASSERT_TRUE(a.until([&] { return a.it().closed; }));  // once it reads no more
    EXPECT_EQ(a.it().why, gone);
}

// W-RAW-08
TEST(Silence, IsAllowedToARawSocketPeerThatMayNotKnowPings) {
    Silent a(false);
    a.open();
    a.run_for(milliseconds(600), [] {});
    EXPECT_FALSE(a.it().closed) << a.it().why;
    EXPECT_EQ(a.pair.read(), "");
    a.pair.write(ping);  // it does
    ASSERT_TRUE(a.until([&] { return a.it().closed; }));
    EXPECT_EQ(a.it().why, gone);
    EXPECT_EQ(a.read_until_end(), pong + ping);
}

TEST(Silence, IsAskedAndEndedOverWebSocket) {
    Silent a(false);
    a.upgrade();
    int pings = 0;
    a.run_for(milliseconds(500), [&] {
        if (a.pair.read() != hex_bytes("8900")) return;
        ++pings;
        a.pair.write(hex_bytes("8a8000000000"));
    });
    EXPECT_FALSE(a.it().closed) << a.it().why;
    EXPECT_GE(pings, 1);
    ASSERT_TRUE(a.until([&] { return a.it().closed; }));
    EXPECT_EQ(a.it().why, gone);
}

TEST(Silence, IsNotTheConcernOfLinks) {
    Accepted a({.essential = true});
    a.open();
    const auto end = steady_clock::now() + milliseconds(300);
    a.until([&] { return steady_clock::now() >= end; });
    EXPECT_FALSE(a.it().closed);
    EXPECT_EQ(a.pair.read(), "");
}

int option(int fd, int level, int name) {
    int value = -1;
    socklen_t bytes = sizeof(value);
    EXPECT_EQ(::getsockopt(fd, level, name, &value, &bytes), 0);
    return value;
}

TEST(Silence, IsWatchedByTheKernelOverTcp) {
    using boost::asio::ip::tcp;
    Reactor r;
    tcp::acceptor acceptor(r.io, {boost::asio::ip::address_v4::loopback(), 0});
    for (const bool link : {false, true}) {
        tcp::socket far(r.io);
        far.connect(acceptor.local_endpoint());
        Socket socket = acceptor.accept();
        const int fd = ::dup(socket.native_handle());
        ConnectionOptions options;
        options.essential = link;
        if (!link) options.silence = {std::chrono::seconds(60), std::chrono::seconds(120)};
        r.connections.accept(std::move(socket), options);
        EXPECT_EQ(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
        EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), link ? 10 : 60);
        EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), link ? 5 : 30);
        EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), link ? 30'000 : 180'000);
        ::close(fd);
    }
}

}  // namespace
}  // namespace sallyport::wamp::test
