#include "wamp/net/websocket.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/vectors/vectors.h"
#include "wamp/framing/http_upgrade.h"
#include "wamp/framing/websocket_frame.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;
using vectors::unhex;
using Kind = WebSocket::Kind;

constexpr std::array<std::uint8_t, 4> mask{1, 2, 3, 4};

std::string request(const std::string& protocols, const std::string& more = "") {
    std::string text =
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    if (!protocols.empty()) text += "Sec-WebSocket-Protocol: " + protocols + "\r\n";
    return text + more + "\r\n";
}

// A frame of a client with any first octet: opcode, and 0x80 if it is the last of its message.
std::string frame(unsigned first_octet, const std::string& payload) {
    std::string bytes = masked_websocket_frame(WebSocketOpcode::text, payload, mask);
    bytes[0] = static_cast<char>(static_cast<unsigned char>(first_octet));
    return bytes;
}
constexpr unsigned text_frame = 0x81;
constexpr unsigned binary_frame = 0x82;

/// A server, and what came out of it.
struct Server {
    explicit Server(std::size_t receives_max = 1 << 20)
        : socket(WebSocket::server(context, scratch, receives_max)) {}

    void feed(std::string_view bytes) {
        socket.feed(bytes);
        for (;;) {
            const WebSocket::Event event = socket.next();
            if (event.kind == Kind::none) return;
            if (event.kind == Kind::opened) opened.push_back(event.serializer);
            if (event.kind == Kind::message) messages.emplace_back(event.bytes);
            if (event.kind == Kind::ping || event.kind == Kind::pong) ++alive;
            if (event.kind == Kind::failed) {
                why = event.bytes;
                return;
            }
        }
    }
    void feed_by(std::size_t step, std::string_view bytes) {
        while (!bytes.empty() && why.empty()) {
            const std::vector<char> piece(
                bytes.begin(),
                bytes.begin() + static_cast<std::ptrdiff_t>(std::min(step, bytes.size())));
            feed({piece.data(), piece.size()});
            bytes.remove_prefix(piece.size());
        }
    }
    std::string written() { return std::exchange(socket.to_send(), {}); }

    boost::asio::io_context context;
    std::vector<char> scratch = std::vector<char>(300);
    WebSocket socket;
    std::vector<Serializer> opened;
    std::vector<std::string> messages;
    int alive = 0;
    std::string why;
};

struct OpenServer : Server {
    explicit OpenServer(const std::string& protocol = "wamp.2.json",
                        std::size_t receives_max = 1 << 20)
        : Server(receives_max) {
        feed(request(protocol));
        written();
    }
};

TEST(WebSocketServer, AnswersWithNothingButWhatTheUpgradeNeeds) {
    Server server;
    server.feed(request("wamp.2.ubjson, wamp.2.msgpack"));
    ASSERT_EQ(server.opened.size(), 1u);
    EXPECT_EQ(server.opened[0], Serializer::msgpack);
    EXPECT_EQ(server.written(),
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
              "Sec-WebSocket-Protocol: wamp.2.msgpack\r\n\r\n");
}

TEST(WebSocketServer, JoinsSubprotocolsOfSeveralHeaderLines) {
    Server server;
    server.feed(request("wamp.2.ubjson", "Sec-WebSocket-Protocol: wamp.2.json\r\n"));
    EXPECT_EQ(server.opened.size(), 1u);
}

TEST(WebSocketServer, RefusesHandshakesThatLeadNowhere) {  // W-WS-04
    const auto refuses = [](const std::string& text, const std::string& refusal) {
        for (const std::size_t step : {std::size_t{1}, std::size_t{100}, text.size()}) {
            Server server;
            server.feed_by(step, text);
            EXPECT_TRUE(server.opened.empty());
            EXPECT_NE(server.why, "");
            EXPECT_EQ(server.written(), refusal) << text << " in steps of " << step;
        }
    };
    for (const std::string& text :
         {request(""), request("wamp.2.ubjson"), std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
          std::string("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
          std::string("NONSENSE\r\n\r\n")})
        refuses(text,
                std::string(read_http_upgrade(text.substr(0, text.find("\r\n\r\n") + 4)).refusal));
    refuses("GET /" + std::string(HttpUpgrade::bytes_max, 'a'),
            std::string(too_long_http_upgrade().refusal));
}

TEST(WebSocketServer, TakesARequestUpToItsLimit) {
    const std::size_t rest = HttpUpgrade::bytes_max - request("wamp.2.json", "X: \r\n").size();
    Server longest;
    longest.feed(request("wamp.2.json", "X: " + std::string(rest, 'x') + "\r\n"));
    EXPECT_EQ(longest.opened.size(), 1u);
    Server too_long;
    too_long.feed(request("wamp.2.json", "X: " + std::string(rest + 1, 'x') + "\r\n"));
    EXPECT_TRUE(too_long.opened.empty());
    EXPECT_EQ(too_long.written(), too_long_http_upgrade().refusal);
}

TEST(WebSocketServer, ReadsTheSameHoweverTheStreamIsCut) {  // W-WS-02
    const std::string large(1000, 'z');
    const std::string bytes = request("wamp.2.json") + frame(text_frame, "[1]") +
                              frame(0x01, "[\"a") + frame(0x89, "ping!") + frame(0x00, "") +
                              frame(0x80, "b\"]") + frame(text_frame, large) +
                              frame(text_frame, "");
    for (std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{50},
                             std::size_t{299}, std::size_t{300}, std::size_t{301}, bytes.size()}) {
        Server server;
        server.feed_by(step, bytes);
        ASSERT_EQ(server.messages.size(), 4u) << step << server.why;
        EXPECT_EQ(server.messages[0], "[1]");
        EXPECT_EQ(server.messages[1], "[\"ab\"]");
        EXPECT_TRUE(server.messages[2] == large);
        EXPECT_EQ(server.messages[3], "");
        EXPECT_EQ(server.alive, 1);
        EXPECT_TRUE(server.written().ends_with("\x8A\x05ping!"));  // W-WS-07
    }
}

TEST(WebSocketServer, RefusesTheWrongKindOfFrame) {  // W-WS-03
    OpenServer json("wamp.2.json");
    json.feed(frame(binary_frame, "[1]"));
    EXPECT_EQ(json.why, "message in the wrong kind of frame");
    EXPECT_TRUE(json.messages.empty());
    EXPECT_EQ(hex(json.written()), "880203eb");
    for (const char* protocol : {"wamp.2.msgpack", "wamp.2.cbor"}) {
        OpenServer binary(protocol);
        binary.feed(frame(text_frame, "x"));
        EXPECT_TRUE(binary.messages.empty());
        EXPECT_EQ(hex(binary.written()), "880203eb");
    }
}

TEST(WebSocketServer, TakesBatchesApart) {  // W-BAT-01, W-BAT-03, W-BAT-05
    const std::string large(1000, 'z');
    const std::string json = request("wamp.2.json.batched") + frame(text_frame, "[1]\x1E[2]\x1E") +
                             frame(0x01, "[3") + frame(0x80, "]\x18") +
                             frame(text_frame, large + "\x18");
    const std::string cbor = request("wamp.2.cbor.batched") +
                             frame(binary_frame, unhex("00000001 61 00000002 6263")) +
                             frame(binary_frame, unhex("000003e8") + large);
    for (std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{300}, json.size()}) {
        Server separated;
        separated.feed_by(step, json);
        EXPECT_EQ(separated.messages, (std::vector<std::string>{"[1]", "[2]", "[3]", large}));
        Server counted;
        counted.feed_by(step, cbor);
        EXPECT_EQ(counted.messages, (std::vector<std::string>{"a", "bc", large}));
    }
}

TEST(WebSocketServer, RefusesMalformedBatches) {  // W-BAT-02
    for (const char* batch : {"[1]", "", "[1]\x1E[2]", "[1]\x1E\x1E"}) {
        OpenServer server("wamp.2.json.batched");
        server.feed(frame(text_frame, batch));
        EXPECT_EQ(server.why, "malformed batch of messages") << batch;
        EXPECT_TRUE(server.messages.empty());
        EXPECT_EQ(hex(server.written()), "880203ea");
    }
    OpenServer server("wamp.2.msgpack.batched");
    server.feed(frame(binary_frame, unhex("00000002 61")));
    EXPECT_EQ(hex(server.written()), "880203ea");
}

TEST(WebSocketServer, FailsOnBrokenFramesAndSaysWhichRule) {
    const auto close_of = [](const std::string& bytes) {
        OpenServer server;
        server.feed(bytes);
        EXPECT_NE(server.why, "");
        EXPECT_TRUE(server.messages.empty());
        return hex(server.written()).substr(0, 8);
    };
    EXPECT_EQ(close_of(frame(text_frame, "\xFF")), "880203ef");  // 1007: no UTF-8
    EXPECT_EQ(close_of(websocket_header(WebSocketOpcode::text, 0)),
              "880203ea");                              // 1002: not masked
    EXPECT_EQ(close_of(frame(0xC1, "x")), "880203ea");  // 1002: reserved bit
    EXPECT_EQ(close_of(frame(0x80, "x")), "880203ea");  // 1002: continues nothing
    EXPECT_EQ(close_of(frame(0x83, "x")), "880203ea");  // 1002: reserved opcode
}

TEST(WebSocketServer, TakesMessagesUpToItsLimit) {
    OpenServer at_limit("wamp.2.json", 512);
    at_limit.feed(frame(text_frame, std::string(512, 'x')));
    EXPECT_EQ(at_limit.messages.size(), 1u);
    OpenServer above("wamp.2.json", 512);
    above.feed(frame(text_frame, std::string(513, 'x')).substr(0, 8));  // its header suffices
    EXPECT_NE(above.why, "");
    EXPECT_EQ(hex(above.written()), "880203f1");  // 1009
    OpenServer in_pieces("wamp.2.json", 512);
    in_pieces.feed(frame(0x01, std::string(512, 'x')) + frame(0x80, "y"));
    EXPECT_NE(in_pieces.why, "");
    EXPECT_TRUE(in_pieces.messages.empty());
}

TEST(WebSocketServer, AnswersCloseWithClose) {
    OpenServer server;
    server.feed(frame(0x88, websocket_close_payload(1000)));
    EXPECT_EQ(server.why, "closed by the peer");
    EXPECT_EQ(hex(server.written()), "880203e8");
}

TEST(WebSocketServer, HandsNothingOverAfterItFailed) {
    OpenServer server;
    server.feed(frame(binary_frame, "[1]") + frame(text_frame, "[2]"));
    server.feed(frame(text_frame, "[3]"));
    EXPECT_TRUE(server.messages.empty());
}

TEST(WebSocketClient, NamesNeitherProgramNorVersion) {
    boost::asio::io_context context;
    std::vector<char> scratch(300);
    auto client =
        WebSocket::client(context, scratch, 1 << 20, Serializer::msgpack, "a.onion", "/ws?x=1");
    const std::string& text = client.to_send();
    EXPECT_TRUE(text.starts_with("GET /ws?x=1 HTTP/1.1\r\nHost: a.onion\r\n")) << text;
    EXPECT_NE(text.find("\r\nSec-WebSocket-Protocol: wamp.2.msgpack\r\n"), std::string::npos);
    EXPECT_EQ(text.find("User-Agent"), std::string::npos);
    EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(WebSocketClient, SaysWhatTheServerAnswered) {
    boost::asio::io_context context;
    std::vector<char> scratch(300);
    auto client = WebSocket::client(context, scratch, 1 << 20, Serializer::json, "h", "/");
    client.feed("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    const auto event = client.next();
    EXPECT_EQ(event.kind, Kind::failed);
    EXPECT_EQ(event.bytes, "the server answered HTTP 404");
}

}  // namespace
}  // namespace sallyport::wamp
