#include "wamp/framing/rawsocket.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;
using vectors::unhex;
using Kind = RawSocket::Kind;

constexpr std::size_t mib = std::size_t{1} << 20;
constexpr unsigned all = (1U << 1) | (1U << 2) | (1U << 3);

struct Seen {
    Kind kind;
    std::string bytes;
};

// Feeds `bytes` in pieces of `step` and copies every event.
std::vector<Seen> run(RawSocket& socket, std::string_view bytes, std::size_t step) {
    std::vector<Seen> seen;
    while (!bytes.empty()) {
        const std::string piece(bytes.substr(0, step));  // gone after this turn
        bytes.remove_prefix(piece.size());
        socket.feed(piece);
        while (true) {
            const RawSocket::Event event = socket.next();
            if (event.kind == Kind::none) break;
            seen.push_back({event.kind, std::string(event.bytes)});
            if (event.kind == Kind::failed) return seen;
        }
    }
    return seen;
}

std::string kinds(const std::vector<Seen>& seen) {
    std::string text;
    for (const Seen& one : seen) {
        switch (one.kind) {
            case Kind::none:
                break;
            case Kind::opened:
                text += 'o';
                break;
            case Kind::message:
                text += 'm';
                break;
            case Kind::ping:
                text += 'p';
                break;
            case Kind::pong:
                text += 'q';
                break;
            case Kind::failed:
                text += 'f';
                break;
        }
    }
    return text;
}

RawSocket open_server(std::size_t receives_max = 16 * mib) {
    RawSocket socket = RawSocket::server(receives_max, all);
    EXPECT_EQ(kinds(run(socket, unhex("7ff10000"), 4)), "o");
    socket.to_send().clear();
    return socket;
}

TEST(RawSocketServer, AnswersTheClientHellosOfTheVectors) {  // W-RAW-01 to 04
    for (const auto& one : vectors::load("rawsocket.json", "client_hello")) {
        const std::string octets = unhex(one["hex"].get<std::string>());
        const auto expect = one["expect"].get<std::string>();
        SCOPED_TRACE(one.dump());
        const unsigned wish = octets[1] & 0x0F;
        for (std::size_t step : {1U, 3U, 4U}) {
            RawSocket socket = RawSocket::server(mib, all);
            const auto seen = run(socket, octets, step);
            const std::size_t reply = expect.find("reply ");
            if (expect.starts_with("accept") && wish >= 1 && wish <= 3) {
                EXPECT_EQ(kinds(seen), "o");
                EXPECT_EQ(hex(socket.to_send()), "7fb" + std::to_string(wish) + "0000");
            } else {
                EXPECT_EQ(kinds(seen), "f");
                EXPECT_EQ(hex(socket.to_send()), reply != std::string::npos
                                                     ? expect.substr(reply + 6, 8)
                                                 : expect.starts_with("accept") ? "7f100000"
                                                                                : "");
            }
        }
    }
}

TEST(RawSocketServer, LearnsSerializerAndLimitOfTheClient) {
    for (const auto& [octets, serializer, limit] :
         {std::tuple{"7ff10000", Serializer::json, 16 * mib},
          {"7f020000", Serializer::msgpack, std::size_t{512}},
          {"7f130000", Serializer::cbor, std::size_t{1024}}}) {
        RawSocket socket = RawSocket::server(mib, all);
        const std::string bytes = unhex(octets);
        socket.feed(bytes);
        const RawSocket::Event event = socket.next();
        EXPECT_EQ(event.kind, Kind::opened);
        EXPECT_EQ(event.serializer, serializer);
        EXPECT_EQ(event.peer_receives_max, limit);
    }
}

TEST(RawSocketServer, KnowsAfterOneOctetThatItIsNoHandshake) {  // W-RAW-03
    RawSocket socket = RawSocket::server(mib, all);
    EXPECT_EQ(kinds(run(socket, "G", 1)), "f");
    EXPECT_EQ(socket.to_send(), "");
    EXPECT_EQ(kinds(run(socket, unhex("7ff10000"), 4)), "");  // nothing brings it back
}

TEST(RawSocketClient, TakesTheRepliesOfTheVectors) {  // W-RAW-02, W-RAW-04
    for (const auto& one : vectors::load("rawsocket.json", "server_reply")) {
        SCOPED_TRACE(one.dump());
        RawSocket socket = RawSocket::client(mib, Serializer::json);
        EXPECT_EQ(hex(socket.to_send()), "7fb10000");
        const auto seen = run(socket, unhex(one["hex"].get<std::string>()), 3);
        EXPECT_EQ(kinds(seen), one["expect"] == "ok" ? "o" : "f");
        if (kinds(seen) == "f") {
            EXPECT_FALSE(seen[0].bytes.empty());
        }
    }
}

TEST(RawSocketFrames, AreReadAsTheVectorsSay) {  // W-RAW-05, W-RAW-07
    for (const auto& one : vectors::load("rawsocket.json", "frames")) {
        SCOPED_TRACE(one.dump());
        std::string bytes = unhex(one["hex"].get<std::string>());
        if (one.contains("note")) bytes += std::string(16 * mib, 'x');
        for (std::size_t step : {std::size_t{1000}, 20 * mib}) {
            RawSocket socket = open_server();
            const auto seen = run(socket, bytes, step);
            ASSERT_EQ(seen.size(), 1U);
            const std::string type = one.contains("type") ? one["type"].get<std::string>() : "";
            EXPECT_EQ(kinds(seen), type == "msg"    ? "m"
                                   : type == "ping" ? "p"
                                   : type == "pong" ? "q"
                                                    : "f");
            if (one.contains("len")) {
                EXPECT_EQ(seen[0].bytes.size(), one["len"].get<std::size_t>());
            }
            EXPECT_EQ(hex(socket.to_send()), one.contains("reply") ? one["reply"].get<std::string>()
                                             : type == "ping"      ? "02000000"
                                                                   : "");
        }
    }
}

TEST(RawSocketFrames, ComeOutTheSameHoweverTheStreamIsCut) {  // W-RAW-10
    const std::string stream = unhex("7ff10000") + unhex("000000035b315d") + unhex("00000000") +
                               unhex("010000026162") + unhex("02000000") + unhex("0000012c") +
                               std::string(300, 'y') + unhex("000000017a");
    for (std::size_t step = 1; step <= stream.size(); ++step) {
        RawSocket socket = RawSocket::server(mib, all);
        const auto seen = run(socket, stream, step);
        ASSERT_EQ(kinds(seen), "ommpqmm") << step;
        EXPECT_EQ(seen[1].bytes, "[1]");
        EXPECT_EQ(seen[2].bytes, "");
        EXPECT_EQ(seen[5].bytes, std::string(300, 'y'));
        EXPECT_EQ(seen[6].bytes, "z");
        EXPECT_EQ(hex(socket.to_send()), "7fb10000020000026162");
    }
}

TEST(RawSocketFrames, WholeOnesAreHandedOutWithoutACopy) {
    RawSocket socket = open_server();
    const std::string bytes = unhex("000000035b315d");
    socket.feed(bytes);
    EXPECT_EQ(socket.next().bytes.data(), bytes.data() + 4);
    EXPECT_EQ(socket.next().kind, Kind::none);
}

TEST(RawSocketFrames, AboveTheAnnouncedLimitFailBeforeTheBody) {  // W-RAW-06
    RawSocket at_limit = open_server(1500);                       // announces 1024
    EXPECT_EQ(kinds(run(at_limit, unhex("00000400") + std::string(1024, 'x'), 100)), "m");
    RawSocket above = open_server(1500);
    EXPECT_EQ(kinds(run(above, unhex("00000401"), 1)), "f");
    RawSocket huge = open_server(mib);
    EXPECT_EQ(kinds(run(huge, unhex("08000000"), 4)), "f");
}

TEST(RawSocketFrames, PingPayloadHasALimit) {  // W-RAW-07
    RawSocket at_limit = open_server();
    EXPECT_EQ(kinds(run(at_limit, unhex("0100007d") + std::string(125, 'x'), 50)), "p");
    EXPECT_EQ(at_limit.to_send(), unhex("0200007d") + std::string(125, 'x'));
    RawSocket above = open_server();
    EXPECT_EQ(kinds(run(above, unhex("0100007e"), 4)), "f");
    RawSocket pong = open_server();
    EXPECT_EQ(kinds(run(pong, unhex("0200007e"), 4)), "f");
    EXPECT_EQ(hex(RawSocket::ping("ab")), "010000026162");
}

TEST(RawSocketFramesDeathTest, OurOwnPingTooLongIsOurFault) {
    EXPECT_DEATH(RawSocket::ping(std::string(126, 'x')), "ping_bytes_max");
}

TEST(RawSocket, SpeaksToItself) {
    RawSocket client = RawSocket::client(4096, Serializer::msgpack);
    RawSocket server = RawSocket::server(2 * mib, 1U << 2);
    EXPECT_EQ(kinds(run(server, client.to_send(), 2)), "o");
    const std::string reply = server.to_send();
    client.feed(reply);
    const RawSocket::Event event = client.next();
    EXPECT_EQ(event.kind, Kind::opened);
    EXPECT_EQ(event.serializer, Serializer::msgpack);
    EXPECT_EQ(event.peer_receives_max, 2 * mib);
}

TEST(RawSocket, KeepsNoMemoryOfALargeMessageThatIsProcessed) {
    RawSocket socket = open_server();
    const std::string frame = unhex("00010000") + std::string(0x10000, 'x');
    socket.feed(std::string_view(frame).substr(0, 1000));
    EXPECT_EQ(socket.next().kind, Kind::none);
    EXPECT_GE(socket.memory(), 1000U);
    socket.feed(std::string_view(frame).substr(1000));
    EXPECT_EQ(socket.next().kind, Kind::message);
    EXPECT_EQ(socket.next().kind, Kind::none);
    EXPECT_LT(socket.memory(), 8192U);
}

TEST(RawSocket, LengthCodeRoundsDownAndIsClamped) {  // W-RAW-01
    EXPECT_EQ(rawsocket_length_code(0), 0);
    EXPECT_EQ(rawsocket_length_code(512), 0);
    EXPECT_EQ(rawsocket_length_code(1023), 0);
    EXPECT_EQ(rawsocket_length_code(1024), 1);
    EXPECT_EQ(rawsocket_length_code(16 * mib - 1), 14);
    EXPECT_EQ(rawsocket_length_code(16 * mib), 15);
    EXPECT_EQ(rawsocket_length_code(64 * mib), 15);
}

}  // namespace
}  // namespace sallyport::wamp
