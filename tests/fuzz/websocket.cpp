// The HTTP upgrade and the frames of a WebSocket, at either end. The first byte says which end, how
// the stream is cut and whether the handshake is done already. Promises: what comes out does not
// depend on how the stream is cut (except when a client refuses a bad answer), messages keep to
// the limit, and nothing comes after a failure.
#include "wamp/net/websocket.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wamp/base/check.h"

namespace {

using sallyport::wamp::Serializer;
using sallyport::wamp::WebSocket;

constexpr std::size_t receives_max = 1024;
constexpr std::string_view upgrade =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n";

// What RFC 6455 §4.2.2 has a server answer.
std::string reply_to(std::string_view request) {
    constexpr std::string_view head = "Sec-WebSocket-Key: ";
    const auto begin = request.find(head);
    SALLYPORT_CHECK(begin != std::string_view::npos);
    std::string key(request.substr(begin + head.size(), 24));
    key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
    std::array<unsigned char, 32> text{};
    EVP_EncodeBlock(text.data(), digest.data(), SHA_DIGEST_LENGTH);
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           std::string(reinterpret_cast<const char*>(text.data())) +
           "\r\nSec-WebSocket-Protocol: wamp.2.msgpack\r\n\r\n";
}

struct Outcome {
    std::string events;  ///< one behind the other
    std::string sent;
    bool failed = false;
    bool operator==(const Outcome&) const = default;
};

// Appends what comes out.
void drain(WebSocket& socket, Outcome& outcome) {
    while (!outcome.failed) {
        const WebSocket::Event event = socket.next();
        if (event.kind == WebSocket::Kind::none) return;
        outcome.failed = event.kind == WebSocket::Kind::failed;
        outcome.events += std::to_string(static_cast<int>(event.kind)) + ":";
        if (event.kind == WebSocket::Kind::message) {
            SALLYPORT_CHECK(event.bytes.size() <= receives_max);
            outcome.events += std::string(event.bytes);
        }
        outcome.events += "\n";
    }
}

Outcome run(std::string_view bytes, std::size_t step, bool server, bool joined) {
    boost::asio::io_context context;
    std::vector<char> scratch(300);
    WebSocket socket =
        server ? WebSocket::server(context, scratch, receives_max)
               : WebSocket::client(context, scratch, receives_max, Serializer::msgpack, "x", "/ws");
    Outcome outcome;
    if (joined) {
        const std::string handshake = server ? std::string(upgrade) : reply_to(socket.to_send());
        socket.feed(handshake);
        drain(socket, outcome);
        SALLYPORT_CHECK(!outcome.failed);
    }
    socket.to_send().clear();
    while (!bytes.empty() && !outcome.failed) {
        // A copy of its own, so that the address sanitizer sees a view that is kept too long.
        const std::string piece(bytes.substr(0, step));
        socket.feed(piece);
        drain(socket, outcome);
        bytes.remove_prefix(piece.size());
    }
    if (server) outcome.sent = socket.to_send();  // what a client sends has a random mask
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view stream(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    const bool server = (bytes[0] & 1) == 0;
    const bool joined = (bytes[0] & 2) == 0;
    const std::size_t step = std::size_t{bytes[0]} / 4 % 16 + 1;
    const Outcome pieces = run(stream, step, server, joined);
    const Outcome whole = run(stream, stream.size() + 1, server, joined);
    if (!server && !joined && whole.failed && !pieces.failed) {
        // Once Beast has seen a part of a line, it looks at the answer only when its head is
        // complete.
        SALLYPORT_CHECK(pieces.events.empty());
        return 0;
    }
    SALLYPORT_CHECK(pieces == whole);
    return 0;
}
