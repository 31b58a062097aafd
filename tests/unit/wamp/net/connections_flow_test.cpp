// Who waits, whose turn it is, and who goes when memory is short.
#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <ctime>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/wamp/net/accepted.h"
#include "tests/unit/wamp/net/net_fixture.h"
#include "wamp/net/connections.h"

namespace sallyport::wamp::test {
namespace {

using std::chrono::milliseconds;

TEST(Flow, GoOnWritingWhenASlowReaderReads) {
    Accepted a;
    a.open();
    const std::string large(3 << 20, 'x');
    std::string expected;
    for (std::size_t i = 0; i < 4; ++i) {
        a.connections.send(a.peer, Frame::copy_of(large));
        a.connections.send(a.peer, Frame::copy_of("[1]"));
        expected += Accepted::frame(large) + Accepted::frame("[1]");
    }
    std::string got;
    ASSERT_TRUE(a.until([&] {
        got += a.pair.read();
        return got.size() >= expected.size();
    }));
    EXPECT_TRUE(got == expected);
    EXPECT_FALSE(a.it().closed);
}

// Each frame is shared by both peers and counted once.
TEST(Flow, CloseWhoCostsMostWhenMemoryIsShort) {  // W-PUB-10
    Reactor r;
    r.connections.limit_memory(8u << 20);
    RawPair greedy_pair(r.io);
    RawPair modest_pair(r.io);
    const PeerId greedy = r.connections.accept(std::move(greedy_pair.socket), {});
    const PeerId modest = r.connections.accept(std::move(modest_pair.socket), {});
    for (RawPair* const pair : {&greedy_pair, &modest_pair}) pair->write(hex_bytes("7ff20000"));
    ASSERT_TRUE(r.until([&] { return r.at(greedy).open && r.at(modest).open; }));
    for (const PeerId peer : {greedy, modest}) r.connections.set_joined(peer, true);
    int sent = 0;
    for (; sent < 100 && !r.at(greedy).closed; ++sent) {
        const Frame frame = Frame::copy_of(std::string(200'000, 'x'));
        r.connections.send(greedy, frame);
        if (sent % 2 == 0) r.connections.send(modest, frame);
        r.io.poll();
        EXPECT_LE(r.connections.memory().used(), (8u << 20) + 200'100);
    }
    EXPECT_TRUE(r.at(greedy).closed);
    EXPECT_FALSE(r.at(modest).closed);
    EXPECT_GE(sent, 30);
    EXPECT_EQ(r.at(greedy).why, "memory is short");
    EXPECT_EQ(r.connections.closed_for_memory(), 1u);
    r.io.poll();
    EXPECT_EQ(r.connections.size(), 1u);
}

/// Clients that have joined, and 8 MiB of memory for them.
struct Crowd : Reactor {
    Crowd() { connections.limit_memory(8u << 20); }
    /// `circuit` is of one digit; "" for a client without one.
    PeerId join(const std::string& circuit = {}) {
        RawPair& pair = pairs.emplace_back(io);
        const PeerId peer =
            connections.accept(std::move(pair.socket), {.proxy_line = !circuit.empty()});
        if (!circuit.empty())
            pair.write("PROXY TCP6 fc00:dead:beef:4dad::0:" + circuit + " ::1 65535 42\r\n");
        pair.write(hex_bytes("7ff20000"));
        EXPECT_TRUE(until([&] { return at(peer).open; }));
        connections.set_joined(peer, true);
        return peer;
    }
    void send(PeerId peer, std::size_t bytes) {
        connections.send(peer, Frame::copy_of(std::string(bytes, 'x')));
    }

    std::deque<RawPair> pairs;
};

TEST(Flow, CloseFirstWhoHasNotLoggedIn) {
    Crowd r;
    const PeerId stranger = r.join();
    r.connections.set_joined(stranger, false);
    std::vector<PeerId> members;
    for (int i = 0; i < 4; ++i) members.push_back(r.join());
    r.send(stranger, 1'500'000);
    for (const PeerId member : members) r.send(member, 1'500'000);
    ASSERT_TRUE(r.until([&] { return r.at(stranger).closed; }));
    for (const PeerId member : members) EXPECT_FALSE(r.at(member).closed);
}

// The circuit counts, not each of its connections.
TEST(Flow, CloseThoseOfTheCostliestCircuit) {
    Crowd r;
    std::vector<PeerId> peers;
    for (int i = 0; i < 4; ++i) peers.push_back(r.join("1"));
    const PeerId other = r.join("2");
    r.send(other, 4'000'000);
    for (const PeerId peer : peers) r.send(peer, 1'500'000);
    ASSERT_TRUE(r.until([&] { return r.connections.closed_for_memory() > 0; }));
    EXPECT_FALSE(r.at(other).closed) << r.at(other).why;
}

TEST(Flow, KeepLinksAndNeverEndingMessagesApart) {
    Reactor r;
    r.connections.limit_memory(1u << 20);
    RawPair link_pair(r.io);
    RawPair client_pair(r.io);
    const PeerId link = r.connections.accept(std::move(link_pair.socket), {.essential = true});
    const PeerId client = r.connections.accept(std::move(client_pair.socket), {});
    for (RawPair* const pair : {&link_pair, &client_pair}) pair->write(hex_bytes("7ff20000"));
    ASSERT_TRUE(r.until([&] { return r.at(link).open && r.at(client).open; }));
    r.connections.set_joined(client, true);
    r.connections.send(link, Frame::copy_of(std::string(7'000'000, 'x')));
    // A message of 4 MiB that never ends.
    const std::string never_ending = hex_bytes("00400000") + std::string(1u << 20, 'x');
    std::string_view rest = never_ending;
    EXPECT_TRUE(r.until([&] {
        if (r.at(client).closed) return true;
        const std::string_view part = rest.substr(0, 64u << 10);  // fits in the kernel
        client_pair.write(part);
        rest.remove_prefix(part.size());
        return false;
    }));
    EXPECT_FALSE(r.at(link).closed);
}

TEST(Flow, NeverCallTheHostFromWithinSend) {
    Accepted a;
    a.connections.limit_memory(1u << 20);
    a.open();
    for (int i = 0; i < 100; ++i)
        a.connections.send(a.peer, Frame::copy_of(std::string(100000, 'x')));
    EXPECT_FALSE(a.it().closed);
    ASSERT_TRUE(a.until([&] { return a.it().closed; }));
}

// A reader that keeps up is not ended however much comes at once.
TEST(Flow, QueueAnyAmountForAReaderThatKeepsUp) {
    Accepted a;
    a.open();
    for (int i = 0; i < 20; ++i)
        a.connections.send(a.peer, Frame::copy_of(std::string(3u << 20, 'x')));
    std::size_t got = 0;
    ASSERT_TRUE(a.until([&] {
        got += a.pair.read().size();
        return got == 20 * ((3u << 20) + 4);
    }));
    EXPECT_FALSE(a.it().closed);
}

TEST(Flow, LetAPausedPeerWaitInTheKernel) {
    Accepted a;
    a.open();
    a.host.when_message = [&](PeerId peer, std::string_view) { a.connections.pause(peer); };
    const std::string block = Accepted::frame(std::string(1000, 'x'));
    std::size_t taken = 0;
    for (int turn = 0; turn < 2000; ++turn) {
        const ssize_t count =
            ::send(a.pair.fd, block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0) taken += static_cast<std::size_t>(count);
        a.io.poll();
    }
    EXPECT_EQ(a.it().messages.size(), 1u);
    EXPECT_LT(taken, std::size_t{1} << 20) << "it did not have to wait";
}

TEST(Flow, ReadToTheEndWhatAPeerSentThatHasGoneWhilePaused) {
    Accepted a;
    a.open();
    a.host.when_message = [&](PeerId peer, std::string_view) { a.connections.pause(peer); };
    std::string sent;
    for (int i = 0; i < 40; ++i) sent += Accepted::frame(std::string(2000, 'x'));
    a.pair.write(sent);
    ASSERT_TRUE(a.until([&] { return a.it().messages.size() == 1; }));
    a.pair.close();
    const auto start = std::chrono::steady_clock::now();
    a.io.run_for(milliseconds(50));
    EXPECT_FALSE(a.it().closed);
    const auto cpu = std::clock();
    a.io.run_for(milliseconds(200));
    EXPECT_LT(double(std::clock() - cpu) / CLOCKS_PER_SEC, 0.1) << "waits in a busy loop";
    ASSERT_TRUE(a.until([&] {
        a.connections.resume(a.peer);
        return a.it().closed;
    }));
    EXPECT_EQ(a.it().messages.size(), 40u);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

// What was read before the pause comes before what is read after it, whenever the host resumes.
TEST(Flow, PassOnWhatWasReadBeforeTheyReadOn) {
    Accepted a;
    a.open();
    bool in_batch = false;
    a.host.when_message = [&](PeerId peer, std::string_view) {
        a.connections.pause(peer);
        in_batch = true;
    };
    a.host.when_batch_ends = [&] {
        if (std::exchange(in_batch, false)) a.connections.resume(a.peer);
    };
    std::vector<std::string> sent;
    std::string bytes;
    for (int i = 0; i < 600; ++i) {
        sent.push_back(std::string(1000, 'x') + std::to_string(i));
        bytes += Accepted::frame(sent.back());
    }
    std::size_t written = 0;
    ASSERT_TRUE(a.until([&] {
        const ssize_t count = ::send(a.pair.fd, bytes.data() + written, bytes.size() - written,
                                     MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0) written += static_cast<std::size_t>(count);
        return a.it().messages.size() == sent.size() || a.it().closed;
    })) << a.it().messages.size();
    EXPECT_TRUE(a.it().messages == sent);
}

TEST(Flow, PassOnWhatWasReadOfAPeerThatHasGoneWhenItIsResumedInTheSameTurn) {
    Reactor r;
    RawPair one(r.io);
    RawPair other(r.io);
    const PeerId waker = r.connections.accept(std::move(other.socket), {});
    const PeerId peer = r.connections.accept(std::move(one.socket), {});
    for (const RawPair* pair : {&one, &other}) pair->write(hex_bytes("7ff20000"));
    ASSERT_TRUE(r.until([&] { return r.at(peer).open && r.at(waker).open; }));
    r.host.when_message = [&](PeerId from, std::string_view) {
        if (from == peer) r.connections.pause(peer);
        if (from == waker) r.connections.resume(peer);
    };
    std::string bytes;
    for (int i = 0; i < 20; ++i) bytes += Accepted::frame(std::string(100, 'x'));
    one.write(bytes);
    ASSERT_TRUE(r.until([&] { return r.at(peer).messages.size() == 1; }));
    for (std::size_t i = 2; i <= 20; ++i) {
        other.write(Accepted::frame("[1]"));
        if (i == 10) one.close();
        ASSERT_TRUE(r.until([&] { return r.at(peer).messages.size() >= i; })) << i;
        EXPECT_FALSE(r.at(peer).closed);
    }
    other.write(Accepted::frame("[1]"));
    ASSERT_TRUE(r.until([&] { return r.at(peer).closed; }));
    EXPECT_EQ(r.at(peer).messages.size(), 20u);
}

TEST(Flow, ReadToTheEndWhatAPeerSentThatReceivesNoMore) {
    Accepted a;
    a.open();
    a.host.when_message = [&](PeerId peer, std::string_view) {
        a.connections.send(peer, Frame::copy_of("[17,1,2]"));
        a.connections.pause(peer);
    };
    std::string bytes;
    for (int i = 0; i < 30; ++i) bytes += Accepted::frame(std::string(100, 'x'));
    a.pair.write(bytes);
    a.pair.close();
    ASSERT_TRUE(a.until([&] {
        a.connections.resume(a.peer);
        return a.it().closed;
    }));
    EXPECT_EQ(a.it().messages.size(), 30u);
}

// What is not in the kernel can be replaced by something newer.
TEST(Flow, KeepLittleInTheKernelIfAsked) {
    for (const bool small : {false, true}) {
        Accepted a;
        a.open();
        if (small) a.connections.keep_buffer_small(a.peer);
        constexpr std::size_t sent = 100'000;
        for (int i = 0; i < 100; ++i)
            a.connections.send(a.peer, Frame::copy_of(std::string(996, 'x')));
        a.io.poll();
        const std::size_t in_kernel = sent - a.connections.queued_bytes(a.peer);
        EXPECT_EQ(in_kernel < 17'000, small) << in_kernel;
        std::size_t got = 0;
        ASSERT_TRUE(a.until([&] { return (got += a.pair.read().size()) >= sent; }));
        EXPECT_FALSE(a.it().closed);
    }
}

TEST(Flow, TellWhatIsWritten) {
    Accepted a;
    a.open();
    a.it().written = 0;
    a.connections.send(a.peer, Frame::copy_of("[1]"));
    a.io.poll();
    EXPECT_EQ(a.it().written, 1);
    EXPECT_EQ(a.it().unsent, 0u);
    a.connections.send(a.peer, Frame::copy_of(std::string(4 << 20, 'x')));
    a.io.poll();
    EXPECT_EQ(a.it().written, 2);
    EXPECT_GT(a.it().unsent, std::size_t{3} << 20);
    EXPECT_EQ(a.it().unsent, a.connections.queued_bytes(a.peer));
    // What the host sends when it is told goes out in the same turn.
    bool more = true;
    a.host.when_written = [&](PeerId peer, std::size_t unsent) {
        if (unsent == 0 && std::exchange(more, false))
            a.connections.send(peer, Frame::copy_of("[2]"));
    };
    std::string got;
    ASSERT_TRUE(a.until([&] {
        got += a.pair.read();
        return got.ends_with("[2]");
    }));
    EXPECT_EQ(a.it().unsent, 0u);
}

// Two such peers cost their own PONGs and nothing else.
/// Sends PINGs as long as they are taken, and reads nothing.
struct PingFlood {
    PingFlood() {
        for (int i = 0; i < 1000; ++i) pings += hex_bytes("0100007d") + std::string(125, 'p');
    }
    void turn(Accepted& a) {
        const std::string_view next = std::string_view(pings).substr(sent % pings.size());
        const ssize_t count =
            ::send(a.pair.fd, next.data(), next.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0) sent += static_cast<std::size_t>(count);
        a.io.poll();
    }

    std::string pings;
    std::size_t sent = 0;
};

TEST(Flow, DoNotReadAPeerThatDoesNotReadItsPongs) {  // W-RAW-07
    Accepted a;
    a.open();
    PingFlood flood;
    std::size_t most = 0;
    for (int turn = 0; turn < 3000; ++turn) {
        flood.turn(a);
        most = std::max(most, a.connections.queued_bytes(a.peer));
    }
    EXPECT_GT(flood.sent, std::size_t{100} << 10);
    EXPECT_LT(most, std::size_t{256} << 10);
    EXPECT_FALSE(a.it().closed);
    std::string got;  // it is read on once it reads, and gets every PONG
    ASSERT_TRUE(a.until([&] {
        got += a.pair.read();
        return got.size() >= flood.sent / 129 * 129;
    }));
    EXPECT_EQ(got.substr(0, 4), hex_bytes("0200007d"));
}

TEST(Flow, CloseAPeerThatGoesAndOwesTheReadingOfPongs) {
    Accepted a;
    a.open();
    PingFlood flood;
    for (int turn = 0; turn < 1000; ++turn) flood.turn(a);
    a.pair.close();
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(a.until([&] { return a.it().closed; }));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    EXPECT_EQ(a.connections.size(), 0u);
}

TEST(Flow, CloseAPeerThatHasReadNothingForTooLong) {
    Accepted a({.stall_timeout = milliseconds(200)});
    a.open();
    const auto start = std::chrono::steady_clock::now();
    a.connections.send(a.peer, Frame::copy_of(std::string(4 << 20, 'x')));
    std::size_t got = 0;
    for (int i = 0; i < 8; ++i) {  // it reads a little, again and again
        a.io.run_for(milliseconds(100));
        std::array<char, 40'000> some;
        const ssize_t count = ::recv(a.pair.fd, some.data(), some.size(), MSG_DONTWAIT);
        ASSERT_GT(count, 0);
        got += static_cast<std::size_t>(count);
    }
    EXPECT_FALSE(a.it().closed) << "after " << got;
    ASSERT_TRUE(a.until([&] { return a.it().closed; }));
    EXPECT_EQ(a.it().why, "does not read");
    EXPECT_GT(std::chrono::steady_clock::now() - start, milliseconds(900));
    Accepted idle({.stall_timeout = milliseconds(20)});
    idle.open();
    idle.connections.send(idle.peer, Frame::copy_of("[1]"));
    idle.io.run_for(milliseconds(100));
    EXPECT_FALSE(idle.it().closed) << "nothing waits for it";
}

TEST(Flow, GiveEveryoneATurnWhileOneFloods) {
    Reactor r;
    RawPair flood(r.io);
    RawPair quiet(r.io);
    const PeerId a = r.connections.accept(std::move(flood.socket), {});
    const PeerId b = r.connections.accept(std::move(quiet.socket), {});
    flood.write(hex_bytes("7ff20000"));
    quiet.write(hex_bytes("7ff20000"));
    ASSERT_TRUE(r.until([&] { return r.at(a).open && r.at(b).open; }));
    std::string block;
    for (int i = 0; i < 1000; ++i) block += Accepted::frame("[1]");
    std::size_t offset = 0;
    const auto refill = [&] {  // as much as the socket takes, each time the host is told of a batch
        for (;;) {
            const ssize_t count = ::send(flood.fd, block.data() + offset, block.size() - offset,
                                         MSG_DONTWAIT | MSG_NOSIGNAL);
            if (count <= 0) return;
            offset = (offset + static_cast<std::size_t>(count)) % block.size();
        }
    };
    refill();
    r.host.when_batch_ends = refill;
    r.host.when_message = [&](PeerId peer, std::string_view) {
        if (peer == a) r.at(a).messages.clear();
    };
    quiet.write(Accepted::frame("[2]"));
    EXPECT_TRUE(r.until([&] { return !r.at(b).messages.empty(); }));
}

// A flood in one read does not keep the others waiting until all of it is processed.
TEST(Flow, GiveOthersATurnWithinOneReadOfAFlood) {
    Reactor r;
    RawPair flooding(r.io);
    RawPair other(r.io);
    const PeerId flooder = r.connections.accept(std::move(flooding.socket), {.turn_messages = 8});
    const PeerId quiet = r.connections.accept(std::move(other.socket), {});
    for (RawPair* const pair : {&flooding, &other}) pair->write(hex_bytes("7ff20000"));
    ASSERT_TRUE(r.until([&] { return r.at(flooder).open && r.at(quiet).open; }));
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood += Accepted::frame(std::to_string(i));
    r.host.when_message = [&](PeerId peer, std::string_view bytes) {
        if (peer == flooder && bytes == "0") other.write(Accepted::frame("[1]"));
    };
    flooding.write(flood);
    ASSERT_TRUE(r.until([&] { return r.at(quiet).messages.size() == 1; }));
    EXPECT_LE(r.at(flooder).messages.size(), 24u);
    ASSERT_TRUE(r.until([&] { return r.at(flooder).messages.size() == 1000; }));
    for (std::size_t i = 0; i < 1000; ++i) ASSERT_EQ(r.at(flooder).messages[i], std::to_string(i));
}

TEST(Flow, TakeAllOfAFloodOfAPeerThatHasGone) {
    Accepted a({.turn_messages = 8});
    a.open();
    std::string flood;
    for (int i = 0; i < 100; ++i) flood += Accepted::frame(std::to_string(i));
    a.pair.write(flood);
    a.pair.close();
    ASSERT_TRUE(a.until([&] { return a.it().closed; }));
    EXPECT_EQ(a.it().messages.size(), 100u);
}

}  // namespace
}  // namespace sallyport::wamp::test
