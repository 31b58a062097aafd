// RawSocket streams: the first byte says which end we are and how the stream is cut; the events
// must not depend on the cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/check.h"
#include "wamp/framing/rawsocket.h"

namespace {

using sallyport::wamp::RawSocket;
using sallyport::wamp::Serializer;

constexpr std::size_t receives_max = 4096;

RawSocket open(bool server) {
    return server ? RawSocket::server(receives_max, 0b1110)
                  : RawSocket::client(receives_max, Serializer::msgpack);
}

// All that the machine said, as one text.
std::string heard(RawSocket socket, std::string_view stream, std::size_t step) {
    std::string events;
    while (!stream.empty()) {
        const std::string piece(stream.substr(0, step));
        stream.remove_prefix(piece.size());
        socket.feed(piece);
        while (true) {
            const RawSocket::Event event = socket.next();
            if (event.kind == RawSocket::Kind::none) break;
            events += std::to_string(static_cast<int>(event.kind)) + ":" +
                      std::to_string(event.peer_receives_max) + ":";
            events += event.bytes;
            events += ';';
            if (event.kind == RawSocket::Kind::message)
                SALLYPORT_CHECK(event.bytes.size() <= receives_max);
            if (event.kind == RawSocket::Kind::failed) return events + socket.to_send();
        }
    }
    return events + socket.to_send();
}

// What one end asks, the other one hears.
void check_ping(std::string_view payload) {
    RawSocket server = open(true);
    const std::string stream = std::string("\x7F\xF1\0\0", 4) + RawSocket::ping(payload);
    server.feed(stream);
    SALLYPORT_CHECK(server.next().kind == RawSocket::Kind::opened);
    SALLYPORT_CHECK(server.next().kind == RawSocket::Kind::ping);
    SALLYPORT_CHECK(server.to_send().ends_with(payload));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const bool server = (bytes[0] & 1) == 0;
    const std::size_t step = 1 + (bytes[0] >> 1);
    const std::string_view stream(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    const std::string whole = heard(open(server), stream, std::max<std::size_t>(stream.size(), 1));
    SALLYPORT_CHECK(heard(open(server), stream, step) == whole);
    SALLYPORT_CHECK(heard(open(server), stream, 1) == whole);
    check_ping(stream.substr(0, 100));
    return 0;
}
