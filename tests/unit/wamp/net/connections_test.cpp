#include "wamp/net/connections.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <ctime>
#include <deque>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/wamp/net/accepted.h"
#include "tests/unit/wamp/net/key_folder.h"
#include "tests/unit/wamp/net/net_fixture.h"
#include "wamp/net/tls_context.h"

namespace sallyport::wamp::test {
namespace {

using std::chrono::milliseconds;

class BothFramings : public testing::TestWithParam<std::tuple<bool, Serializer>> {
protected:
    Connections::Target target() const {
        return {std::get<1>(GetParam()), std::get<0>(GetParam()), "localhost", "/"};
    }
};
INSTANTIATE_TEST_SUITE_P(Transports, BothFramings,
                         testing::Combine(testing::Bool(),
                                          testing::Values(Serializer::json, Serializer::msgpack)));

TEST_P(BothFramings, OpenOnBothEndsAndCarryMessagesInOrder) {
    Reactor r;
    auto [a, b] = socket_pair(r.io);
    const PeerId server = r.connections.accept(std::move(a), {});
    const PeerId client = r.connections.connect(std::move(b), target(), {});
    ASSERT_TRUE(r.until([&] { return r.at(server).open && r.at(client).open; }));
    EXPECT_EQ(r.at(server).opened.serializer, std::get<1>(GetParam()));
    EXPECT_EQ(r.at(server).opened.pings, !std::get<0>(GetParam()));

    const std::string large(1 << 20, 'x');
    for (PeerId peer : {server, client}) {
        r.connections.send(peer, Frame::copy_of("[1]"));
        r.connections.send(peer, Frame::copy_of(large));
        r.connections.send(peer, Frame::copy_of("[2]"));
    }
    for (PeerId peer : {server, client}) {
        ASSERT_TRUE(r.until([&] { return r.at(peer).messages.size() == 3; })) << r.at(peer).why;
        EXPECT_EQ(r.at(peer).messages[0], "[1]");
        EXPECT_TRUE(r.at(peer).messages[1] == large);
        EXPECT_EQ(r.at(peer).messages[2], "[2]");
    }
}

// Pausing after every message: each comes once, in order, and none without resume().
TEST_P(BothFramings, PassOnNothingWhileAPeerIsPaused) {
    Reactor r;
    auto [a, b] = socket_pair(r.io);
    const PeerId server = r.connections.accept(std::move(a), {});
    const PeerId client = r.connections.connect(std::move(b), target(), {});
    ASSERT_TRUE(r.until([&] { return r.at(server).open && r.at(client).open; }));
    r.host.when_message = [&](PeerId peer, std::string_view) { r.connections.pause(peer); };
    std::vector<std::string> sent;
    for (int i = 0; i < 50; ++i) {
        sent.push_back("[" + std::string(i % 5 == 4 ? 200'000 : 10, 'x') + std::to_string(i) + "]");
        r.connections.send(client, Frame::copy_of(sent.back()));
    }
    for (std::size_t i = 1; i <= sent.size(); ++i) {
        ASSERT_TRUE(r.until([&] { return r.at(server).messages.size() == i; })) << i;
        for (int turns = 0; turns < 20; ++turns) r.io.poll();
        ASSERT_EQ(r.at(server).messages.size(), i);
        r.connections.resume(server);
        EXPECT_EQ(r.at(server).messages.size(), i) << "from within resume()";
    }
    EXPECT_TRUE(r.at(server).messages == sent);
    EXPECT_FALSE(r.at(server).closed);
}

TEST(Connections, TellEverythingOfOneReadBeforeOneBatchEnd) {
    Accepted a;
    a.open();
    const int before = a.host.batches;
    std::string bytes;
    for (int i = 0; i < 100; ++i) bytes += Accepted::frame("[" + std::to_string(i) + "]");
    a.pair.write(bytes);
    ASSERT_TRUE(a.until([&] { return a.it().messages.size() == 100; }));
    EXPECT_EQ(a.host.batches, before + 1);
    EXPECT_EQ(a.it().messages[99], "[99]");
}

TEST(Connections, TakeBytesOneByOne) {
    Accepted a;
    for (char octet : hex_bytes("7ff2000000000003") + "[1]" + hex_bytes("01000000")) {
        a.pair.write({&octet, 1});
        a.io.run_for(std::chrono::microseconds(200));
    }
    ASSERT_TRUE(a.until([&] { return a.it().alive == 1; }));
    ASSERT_EQ(a.it().messages.size(), 1u);
    EXPECT_EQ(a.it().messages[0], "[1]");
    EXPECT_EQ(a.pair.read(), hex_bytes("7fd20000"
                                       "02000000"));  // W-RAW-02, W-RAW-07
}

TEST(Connections, WriteOnceForAllThatATurnQueued) {
    Accepted a;
    a.open();
    for (int i = 0; i < 50; ++i) a.connections.send(a.peer, Frame::copy_of("[1]"));
    EXPECT_EQ(a.pair.read(), "") << "written before the turn ended";
    EXPECT_EQ(a.connections.queued_bytes(a.peer), 350u);
    a.io.poll();
    EXPECT_EQ(a.pair.read().size(), 350u);
    EXPECT_EQ(a.connections.queued_bytes(a.peer), 0u);
}

TEST(Connections, SendNoMessageThatThePeerDoesNotReceive) {  // W-RAW-06
    Accepted a;
    a.pair.write(hex_bytes("7f020000"));  // 512 bytes
    ASSERT_TRUE(a.until([&] { return a.it().open; }));
    EXPECT_EQ(a.it().opened.peer_receives_max, 512u);
    a.pair.read();
    a.connections.send(a.peer, Frame::copy_of(std::string(512, 'x')));
    a.io.poll();
    EXPECT_EQ(a.pair.read().size(), 516u);
    a.connections.send(a.peer, Frame::copy_of(std::string(513, 'x')));
    ASSERT_TRUE(a.until([&] { return a.it().closed; }));
    EXPECT_EQ(a.pair.read(), "");
}

TEST(Connections, CloseASilentConnection) {
    Accepted a({.handshake_timeout = milliseconds(50)});
    EXPECT_EQ(a.read_until_end(), "");
    EXPECT_TRUE(a.it().closed);
    EXPECT_EQ(a.it().why, "transport handshake not done in time");
    EXPECT_EQ(a.connections.size(), 0u);
}

TEST(Connections, BoundTheWholeHandshakeAndNotEachRead) {
    for (bool proxy : {false, true}) {
        Accepted a({.handshake_timeout = milliseconds(100), .proxy_line = proxy});
        const auto start = std::chrono::steady_clock::now();
        const std::string drip = proxy ? "PROXY TCP6 fc00:dead:beef:4dad::0:18 ::1 24 80"
                                       : "GET / HTTP/1.1\r\nA: aaaaaa";
        std::size_t sent = 0;
        ASSERT_TRUE(a.until([&] {
            if (sent < drip.size()) a.pair.write({&drip[sent++], 1});
            return a.it().closed;
        }));
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    }
}

TEST(Connections, LeaveAnOpenConnectionAloneAfterTheHandshakeTime) {
    Accepted a({.handshake_timeout = milliseconds(50)});
    a.open();
    a.io.run_for(milliseconds(100));
    EXPECT_FALSE(a.it().closed);
    EXPECT_EQ(a.connections.size(), 1u);
}

TEST(Connections, FlushBeforeTheyClose) {
    Accepted a;
    a.open();
    const std::string large(5 << 20, 'x');
    a.connections.send(a.peer, Frame::copy_of(large));
    a.connections.send(a.peer, Frame::copy_of("[6]"));
    a.connections.close(a.peer);
    EXPECT_TRUE(a.read_until_end() == Accepted::frame(large) + Accepted::frame("[6]"));
    a.pair.close();
    ASSERT_TRUE(a.until([&] { return a.connections.size() == 0; }));
    EXPECT_FALSE(a.it().closed) << "the host closed it itself";
}

TEST(Connections, DoNotWaitWithoutLimitForAPeerThatDoesNotClose) {
    Accepted a({.close_timeout = milliseconds(50)});
    a.open();
    a.connections.send(a.peer, Frame::copy_of(std::string(5 << 20, 'x')));
    a.connections.close(a.peer);
    ASSERT_TRUE(a.until([&] { return a.connections.size() == 0; }));
    EXPECT_FALSE(a.it().closed);
}

TEST(Connections, HandNothingOverOfAPeerThatTheHostClosed) {
    Accepted a;
    a.open();
    a.host.when_message = [&](PeerId peer, std::string_view) {
        a.connections.send(peer, Frame::copy_of("[3]"));
        a.connections.close(peer);
        a.connections.send(peer, Frame::copy_of("[4]"));
    };
    a.pair.write(Accepted::frame("[1]") + Accepted::frame("[2]"));
    EXPECT_EQ(a.read_until_end(), Accepted::frame("[3]"));
    a.pair.write(Accepted::frame("[5]"));
    a.pair.close();
    ASSERT_TRUE(a.until([&] { return a.connections.size() == 0; }));
    EXPECT_EQ(a.it().messages.size(), 1u);
    EXPECT_FALSE(a.it().closed);
}

TEST(Connections, LetTheHostCloseAnyPeerWhileItIsTold) {
    Reactor r;
    RawPair one(r.io);
    RawPair other(r.io);
    const PeerId a = r.connections.accept(std::move(one.socket), {});
    const PeerId b = r.connections.accept(std::move(other.socket), {});
    r.host.when_open = [&](PeerId peer) { r.connections.close(peer == a ? b : a); };
    one.write(hex_bytes("7ff20000"));
    other.write(hex_bytes("7ff20000"));
    ASSERT_TRUE(r.until([&] { return r.at(a).open || r.at(b).open; }));
    r.io.run_for(milliseconds(20));
    EXPECT_NE(r.at(a).open, r.at(b).open);
}

TEST(Connections, SayWhyAConnectionIsGone) {  // W-SER-11
    Accepted ended;
    ended.open();
    ended.pair.close();
    ASSERT_TRUE(ended.until([&] { return ended.it().closed; }));
    EXPECT_EQ(ended.it().why, "closed by the peer");
    Accepted broken;
    broken.open();
    broken.pair.write(hex_bytes("03000000"));  // W-RAW-05
    ASSERT_TRUE(broken.until([&] { return broken.it().closed; }));
    EXPECT_EQ(broken.read_until_end(), "");
    Accepted refused;
    refused.pair.write(hex_bytes("7ff40000"));  // W-RAW-02: no UBJSON here
    EXPECT_EQ(refused.read_until_end(), hex_bytes("7f100000"));
    EXPECT_TRUE(refused.it().closed);
}

TEST(Connections, AnswerAndEndHttpThatIsNoUpgrade) {
    Accepted a;
    a.pair.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(a.read_until_end(),
              "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              "Connection: Upgrade, close\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(a.it().closed);
}

TEST(Connections, LearnTheCircuitOfAnOnionClient) {
    Accepted a({.proxy_line = true});
    a.pair.write("PROXY TCP6 fc00:dead:beef:4dad::0:18 ::1 24 80\r\n" + hex_bytes("7ff20000"));
    ASSERT_TRUE(a.until([&] { return a.it().open; }));
    EXPECT_EQ(a.it().opened.circuit, 24u);
}

TEST(Connections, PingAndReceiveThePong) {  // W-RAW-07
    Accepted a;
    a.open();
    a.connections.ping(a.peer);
    a.io.poll();
    EXPECT_EQ(a.pair.read(), hex_bytes("01000000"));
    a.pair.write(hex_bytes("02000000"));
    ASSERT_TRUE(a.until([&] { return a.it().alive == 1; }));
    EXPECT_TRUE(a.it().messages.empty());
}

TEST(Connections, AcceptOnlySmallMessagesBeforeLogin) {
    const std::string large(100'000, 'x');
    Accepted stranger({.login_message_bytes = 64u << 10});
    stranger.open();
    stranger.pair.write(Accepted::frame(large).substr(0, 100));
    ASSERT_TRUE(stranger.until([&] { return stranger.it().closed; }));
    EXPECT_EQ(stranger.it().why, "message too long before login");

    Accepted member({.login_message_bytes = 64u << 10});
    member.open();
    member.connections.set_joined(member.peer, true);
    member.pair.write(Accepted::frame(large));
    ASSERT_TRUE(member.until([&] { return member.it().messages.size() == 1; }));
    member.connections.set_joined(member.peer, false);
    member.pair.write(Accepted::frame(large).substr(0, 100));
    ASSERT_TRUE(member.until([&] { return member.it().closed; }));
}

TEST(Connections, AcceptOnlySmallMessagesBeforeLoginOverWebSocket) {
    for (const bool joined : {false, true}) {
        Reactor r;
        auto [a, b] = socket_pair(r.io);
        const PeerId server =
            r.connections.accept(std::move(a), {.login_message_bytes = 64u << 10});
        const PeerId client =
            r.connections.connect(std::move(b), {Serializer::json, true, "localhost", "/"}, {});
        ASSERT_TRUE(r.until([&] { return r.at(server).open && r.at(client).open; }));
        r.connections.set_joined(server, joined);
        r.connections.send(client, Frame::copy_of(std::string(100'000, 'x')));
        ASSERT_TRUE(r.until([&] { return r.at(server).closed || !r.at(server).messages.empty(); }));
        EXPECT_EQ(r.at(server).closed, !joined);
    }
}

TEST(Connections, DropAPeerAtOnce) {
    Accepted a;
    a.open();
    a.connections.send(a.peer, Frame::copy_of("[1]"));
    a.connections.drop(a.peer);
    EXPECT_EQ(a.read_until_end(), "");
    EXPECT_EQ(a.connections.size(), 0u);
    EXPECT_FALSE(a.it().closed) << "the host is told of its own doing";
}

TEST(Connections, DoNotKeepDescriptorsForManyThatDoNotClose) {
    Reactor r;
    constexpr std::size_t many = 1100;
    std::deque<RawPair> pairs;
    for (std::size_t i = 0; i < many; ++i) {
        pairs.emplace_back(r.io);
        r.connections.accept(std::move(pairs.back().socket),
                             {.close_timeout = std::chrono::hours(1)});
        pairs.back().write("garbage!");
    }
    EXPECT_TRUE(r.until([&] { return r.connections.size() == 1024; })) << r.connections.size();
}

TEST(Connections, CarryThousandsOfSmallMessagesOverLoopbackTcp) {
    Reactor r;
    boost::asio::ip::tcp::acceptor acceptor(r.io, {boost::asio::ip::address_v4::loopback(), 0});
    boost::asio::ip::tcp::socket dialled(r.io);
    dialled.connect(acceptor.local_endpoint());
    boost::asio::ip::tcp::socket accepted = acceptor.accept();
    const PeerId server = r.connections.accept(Socket(std::move(accepted)), {});
    const PeerId client = r.connections.connect(Socket(std::move(dialled)), {}, {});
    ASSERT_TRUE(r.until([&] { return r.at(server).open && r.at(client).open; }));
    r.host.when_message = [&](PeerId peer, std::string_view bytes) {
        if (peer == server) r.connections.send(server, Frame::copy_of(bytes));
    };
    for (int i = 0; i < 5000; ++i) r.connections.send(client, Frame::copy_of(std::to_string(i)));
    ASSERT_TRUE(r.until([&] { return r.at(client).messages.size() == 5000; }));
    EXPECT_EQ(r.at(client).messages[4999], "4999");
}

Connections::Target link_target(boost::asio::ssl::context* tls) {
    Connections::Target target;
    target.tls = tls;
    return target;
}

TEST(Connections, OpenALinkWithTlsAndTellBothPins) {
    const KeyFolder gateway("gateway");
    const KeyFolder inside("inside");
    const std::string gateway_pin = make_key_pair(gateway.path).pin;
    const std::string inside_pin = make_key_pair(inside.path).pin;
    auto server_tls = make_tls_context(TlsSession::End::server, gateway.path, {inside_pin});
    auto client_tls = make_tls_context(TlsSession::End::client, inside.path, {gateway_pin});
    Reactor r;
    auto [a, b] = socket_pair(r.io);
    const PeerId front = r.connections.accept_link(std::move(a), link_target(&server_tls), {});
    const PeerId back = r.connections.serve_link(std::move(b), &client_tls, {});
    ASSERT_TRUE(r.until([&] { return r.at(front).open && r.at(back).open; }))
        << r.at(front).why << r.at(back).why;
    EXPECT_EQ(r.at(front).opened.peer_pin, inside_pin);
    EXPECT_EQ(r.at(back).opened.peer_pin, gateway_pin);
    const std::string large(1 << 20, 'x');
    r.connections.send(front, Frame::copy_of(large));
    r.connections.send(back, Frame::copy_of("[1]"));
    ASSERT_TRUE(r.until(
        [&] { return r.at(front).messages.size() == 1 && r.at(back).messages.size() == 1; }));
    EXPECT_TRUE(r.at(back).messages[0] == large);
    r.connections.close(front);
    ASSERT_TRUE(r.until([&] { return r.at(back).closed; }));
}

TEST(Connections, OpenALinkOverAUnixSocketWithoutTls) {
    Reactor r;
    auto [a, b] = socket_pair(r.io);
    const PeerId front = r.connections.accept_link(std::move(a), link_target(nullptr), {});
    const PeerId back = r.connections.serve_link(std::move(b), nullptr, {});
    ASSERT_TRUE(r.until([&] { return r.at(front).open && r.at(back).open; }));
    EXPECT_EQ(r.at(front).opened.peer_pin, "");
}

TEST(Connections, ReportASocketThatIsNone) {
    Reactor r;
    const PeerId peer = r.connections.accept(Socket(r.io), {});
    EXPECT_FALSE(r.at(peer).closed);
    ASSERT_TRUE(r.until([&] { return r.at(peer).closed; }));
    EXPECT_EQ(r.connections.size(), 0u);
}

TEST(Connections, MayGoWhileMuchIsUnderWay) {
    boost::asio::io_context io(1);
    RecordingHost host;
    RawPair pair(io);
    {
        Connections connections(io, host);
        const PeerId peer = connections.accept(std::move(pair.socket), {});
        pair.write(hex_bytes("7ff20000"));
        ASSERT_TRUE(run_until(io, [&] { return host.peers[peer].open; }));
        connections.send(peer, Frame::copy_of("[1]"));
    }
    io.poll();
    pair.read();
    EXPECT_TRUE(pair.ended);
}

}  // namespace
}  // namespace sallyport::wamp::test
