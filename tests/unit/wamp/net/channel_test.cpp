#include "wamp/net/channel.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "tests/unit/wamp/net/key_folder.h"
#include "tests/vectors/vectors.h"
#include "wamp/net/tls_context.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;
using vectors::unhex;
using Kind = Channel::Kind;
using Start = Channel::Start;

constexpr const char* proxy_line = "PROXY TCP6 fc00:dead:beef:4dad::0:18 ::1 24 80\r\n";

/// A channel, and what came out of it.
struct End {
    explicit End(const Channel::Config& config) : channel(shared, config) {}

    void feed(std::string_view bytes) {
        channel.feed(bytes);
        for (;;) {
            const Channel::Event event = channel.next();
            if (event.kind == Kind::none) return;
            if (event.kind == Kind::opened) ++opened;
            if (event.kind == Kind::alive) ++alive;
            if (event.kind == Kind::message) messages.emplace_back(event.bytes);
            if (event.kind == Kind::failed) why = event.bytes;
        }
    }
    void feed_by(std::size_t step, std::string_view bytes) {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
            // A buffer of exactly this size, so that the address sanitizer sees a view kept too
            // long.
            const std::vector<char> piece(
                bytes.begin(),
                bytes.begin() + static_cast<std::ptrdiff_t>(std::min(step, bytes.size())));
            feed({piece.data(), piece.size()});
        }
    }
    std::string written() {
        std::string all;
        OutQueue& wire = channel.wire();
        while (!wire.empty()) {
            std::array<iovec, 16> pieces;
            const std::size_t count = wire.gather(pieces);
            const std::size_t before = all.size();
            for (std::size_t i = 0; i < count; ++i) {
                all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
            }
            wire.consume(all.size() - before);
        }
        return all;
    }

    boost::asio::io_context context;
    std::vector<char> messages_scratch = std::vector<char>(4096);
    std::vector<char> plaintext_scratch = std::vector<char>(4096);
    Channel::Shared shared{context, messages_scratch, plaintext_scratch};
    Channel channel;
    int opened = 0;
    int alive = 0;
    std::vector<std::string> messages;
    std::string why;
};

Channel::Config start(Start how) {
    Channel::Config config;
    config.start = how;
    config.host = "localhost";
    config.path = "/";
    return config;
}

/// Carries bytes both ways until both are silent.
void converse(End& a, End& b, std::size_t step = 1 << 20) {
    for (bool busy = true; busy;) {
        const std::string from_a = a.written();
        b.feed_by(step, from_a);
        const std::string from_b = b.written();
        a.feed_by(step, from_b);
        busy = !from_a.empty() || !from_b.empty();
    }
}

TEST(Channel, TellsTheFramingsApartByTheFirstOctet) {  // W-RAW-03
    End rawsocket(start(Start::sniff));
    rawsocket.feed(unhex("7ff20000"));
    EXPECT_EQ(rawsocket.opened, 1);
    EXPECT_TRUE(rawsocket.channel.opened().rawsocket);

    End http(start(Start::sniff));
    http.feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(http.written().substr(0, 12), "HTTP/1.1 426");

    End neither(start(Start::sniff));
    neither.feed(unhex("00"));
    EXPECT_EQ(neither.why, "neither RawSocket nor HTTP");
    EXPECT_EQ(neither.written(), "");
}

TEST(Channel, AnswersTheClientHellosOfTheVectors) {  // W-RAW-01 to 04
    for (const auto& vector : vectors::load("rawsocket.json", "client_hello")) {
        End end(start(Start::sniff));
        const std::string bytes = unhex(vector.at("hex").get<std::string>());
        end.feed_by(1, bytes);
        const std::string expect = vector.at("expect");
        if (bytes[0] != 0x7F) {
            EXPECT_EQ(end.written(), "") << vector;
            continue;
        }
        const unsigned serializer = static_cast<unsigned char>(bytes[1]) & 0xF;
        EXPECT_EQ(end.opened, expect == "accept" && serializer <= 3 ? 1 : 0) << vector;
        if (expect.starts_with("reply ")) {
            EXPECT_EQ(hex(end.written()), expect.substr(6, 8)) << vector;
        }
    }
}

TEST(Channel, ReadsTheFramesOfTheVectorsByteByByte) {  // W-RAW-05, W-RAW-07
    for (const auto& vector : vectors::load("rawsocket.json", "frames")) {
        if (vector.value("len", 0) == 16777216) continue;  // its body is not in the vector
        End end(start(Start::rawsocket_server));
        end.feed(unhex("7ff10000"));
        end.written();
        end.feed_by(1, unhex(vector.at("hex").get<std::string>()));
        EXPECT_EQ(end.why.empty(), !vector.contains("expect")) << vector;
        EXPECT_EQ(end.messages.size(), vector.value("type", "") == "msg" ? 1u : 0u) << vector;
        if (vector.contains("reply")) {
            EXPECT_EQ(hex(end.written()), vector.at("reply").get<std::string>());
        }
    }
}

TEST(Channel, FindsWhatIsSaidInOneSegmentWithTheProxyLine) {
    Channel::Config config = start(Start::sniff);
    config.proxy_line = true;
    const std::string bytes = proxy_line +
                              unhex(
                                  "7ff20000"
                                  "00000003") +
                              "[1]";
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        End end(config);
        end.feed_by(step, bytes);
        ASSERT_EQ(end.opened, 1) << step << end.why;
        EXPECT_EQ(end.channel.opened().circuit, 24u);
        ASSERT_EQ(end.messages.size(), 1u) << step;
        EXPECT_EQ(end.messages[0], "[1]");
    }
}

TEST(Channel, RefusesAClientWithoutItsProxyLine) {
    Channel::Config config = start(Start::sniff);
    config.proxy_line = true;
    End end(config);
    end.feed(unhex("7ff20000"));
    EXPECT_EQ(end.why, "malformed PROXY line");
    End drips(config);
    drips.feed_by(1, "PROXY TCP4 1.2.3.4");
    EXPECT_EQ(drips.why, "malformed PROXY line");
}

TEST(Channel, RefusesAFrameAboveItsLimitBeforeTheBody) {  // W-RAW-06
    Channel::Config config = start(Start::rawsocket_server);
    config.message_bytes = 512;
    End at_limit(config);
    at_limit.feed(unhex("7ff20000"
                        "00000200") +
                  std::string(512, 'x'));
    EXPECT_EQ(at_limit.messages.size(), 1u);
    End above(config);
    above.feed(
        unhex("7ff20000"
              "00000201"));
    EXPECT_NE(above.why, "");
}

struct Pins : test::KeyFolder {
    explicit Pins(const char* name) : test::KeyFolder(name), pin(make_key_pair(path).pin) {}
    std::string pin;
};

TEST(Channel, SpeaksThroughTlsWhicheverEndWasDialled) {  // W-TLS-01
    const Pins gateway("gateway");
    const Pins inside("inside");
    auto server_tls = make_tls_context(TlsSession::End::server, gateway.path, {inside.pin});
    auto client_tls = make_tls_context(TlsSession::End::client, inside.path, {gateway.pin});
    for (std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
        Channel::Config front = start(Start::rawsocket_client);
        front.tls = server_tls.native_handle();
        front.tls_end = TlsSession::End::server;
        Channel::Config back = start(Start::rawsocket_server);
        back.tls = client_tls.native_handle();
        back.tls_end = TlsSession::End::client;
        End a(front);
        End b(back);
        converse(a, b, step);
        ASSERT_EQ(a.opened, 1) << a.why;
        ASSERT_EQ(b.opened, 1) << b.why;
        EXPECT_EQ(a.channel.opened().peer_pin, inside.pin);
        EXPECT_EQ(b.channel.opened().peer_pin, gateway.pin);
        for (int i = 0; i < 100; ++i) a.channel.send(Frame::copy_of("[" + std::to_string(i) + "]"));
        const std::string large(100000, 'y');
        b.channel.send(Frame::copy_of(large));
        b.channel.send(Frame::copy_of("[2]"));
        converse(a, b, step);
        ASSERT_EQ(b.messages.size(), 100u);
        EXPECT_EQ(b.messages[99], "[99]");
        ASSERT_EQ(a.messages.size(), 2u);
        EXPECT_TRUE(a.messages[0] == large);
        a.channel.close();
        converse(a, b, step);
        EXPECT_EQ(b.why, "TLS: closed by the peer");
    }
}

TEST(Channel, DialsARouterWithAPinnedKeyAndNoOther) {
    const Pins router("router");
    const Pins other("other");
    auto server_tls = make_pairing_context(router.path);  // asks for a key that it then ignores
    SSL_CTX_set_verify(server_tls.native_handle(), SSL_VERIFY_NONE, nullptr);
    for (const bool right : {true, false}) {
        auto client_tls = make_dial_context({{right ? router.pin : other.pin}, "", ""});
        Channel::Config front = start(Start::rawsocket_client);
        front.tls = client_tls.native_handle();
        front.tls_end = TlsSession::End::client;
        Channel::Config back = start(Start::rawsocket_server);
        back.tls = server_tls.native_handle();
        back.tls_end = TlsSession::End::server;
        End a(front);
        End b(back);
        converse(a, b);
        EXPECT_EQ(a.opened, right ? 1 : 0) << a.why;
        EXPECT_EQ(b.opened, right ? 1 : 0) << b.why;
        if (!right) {
            EXPECT_NE(a.why.find(router.pin), std::string::npos) << a.why;
        }
    }
}

TEST(Channel, NeverOpensToAPeerWithAnotherKey) {
    const Pins gateway("gateway");
    const Pins inside("inside");
    const Pins stranger("stranger");
    auto server_tls = make_tls_context(TlsSession::End::server, gateway.path, {inside.pin});
    auto client_tls = make_tls_context(TlsSession::End::client, stranger.path, {gateway.pin});
    Channel::Config front = start(Start::rawsocket_client);
    front.tls = server_tls.native_handle();
    Channel::Config back = start(Start::rawsocket_server);
    back.tls = client_tls.native_handle();
    back.tls_end = TlsSession::End::client;
    End a(front);
    End b(back);
    converse(a, b);
    EXPECT_EQ(a.opened, 0);
    EXPECT_EQ(b.opened, 0);
    EXPECT_NE(a.why, "");
    EXPECT_NE(b.why, "");
}

TEST(Channel, DialsAsWebSocketToo) {
    Channel::Config config = start(Start::websocket_client);
    config.serializer = Serializer::json;
    for (std::size_t step : {std::size_t{1}, std::size_t{1} << 20}) {
        End client(config);
        End server(start(Start::sniff));
        converse(client, server, step);
        ASSERT_EQ(client.opened, 1) << client.why;
        ASSERT_EQ(server.opened, 1) << server.why;
        EXPECT_EQ(server.channel.opened().serializer, Serializer::json);
        client.channel.send(Frame::copy_of("[1]"));
        server.channel.send(Frame::copy_of(std::string(70000, ' ')));
        client.channel.ping();
        converse(client, server, step);
        EXPECT_EQ(server.messages.size(), 1u);
        EXPECT_EQ(server.alive, 1);
        EXPECT_EQ(client.alive, 1);  // the PONG
        ASSERT_EQ(client.messages.size(), 1u);
        EXPECT_EQ(client.messages[0].size(), 70000u);
        client.channel.close();
        converse(client, server, step);
        EXPECT_EQ(server.why, "closed by the peer");
    }
}

}  // namespace
}  // namespace sallyport::wamp
