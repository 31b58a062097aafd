// Parts and messages as they arrive on a link that carries payloads: nothing may crash, and what is
// kept stays bounded.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wamp/base/check.h"
#include "wamp/codec/carried_payloads.h"

namespace {

using namespace sallyport::wamp;

// Sends the payload in two parts, cut at `cut`, behind one that is given up; what comes together at
// the other end is the same.
void send_in_parts(const Message& message, std::size_t cut) {
    const Payload& payload = *payload_of(message);
    const std::size_t bytes = payload.bytes();
    if (cut == 0 || cut >= bytes) return;
    CarriedPayloads end({});
    for (const Frame& frame :
         {encode_part(7, payload, 0, cut), encode_part_end(7), encode_part(8, payload, 0, cut),
          encode_part(8, payload, cut, bytes - cut)}) {
        const auto part = end.take(frame.message());
        SALLYPORT_CHECK(part.has_value() && *part == CarriedPayloads::Part::taken);
    }
    SALLYPORT_CHECK(end.bytes() == bytes);
    Message announced = message;
    set_stream(announced, 8);
    auto received = decode(Serializer::msgpack, encode_carrying(announced).message(), {});
    SALLYPORT_CHECK(received.has_value() && !end.resolve(*received) && end.bytes() == 0);
    SALLYPORT_CHECK(payload_of(*received)->args == payload.args &&
                    payload_of(*received)->kwargs == payload.kwargs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    MessageLimits limits;
    limits.message_bytes = 512;
    CarriedPayloads end(limits);
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    while (!rest.empty()) {  // each message behind its length
        const std::size_t length = static_cast<unsigned char>(rest.front());
        const std::string_view bytes = rest.substr(1, length);
        rest.remove_prefix(1 + bytes.size());
        const auto part = end.take(bytes);
        SALLYPORT_CHECK(end.bytes() <= CarriedPayloads::streams_max * limits.message_bytes);
        if (part.has_error() || *part == CarriedPayloads::Part::taken) continue;
        auto message = decode(Serializer::msgpack, bytes, limits);
        if (message.has_error() || end.resolve(*message)) continue;
        const Payload* const payload = payload_of(*message);
        if (payload == nullptr || payload->empty()) continue;
        // What was resolved is valid: it can be carried on, and read.
        const Frame again = encode_carrying(*message);
        auto received = decode(Serializer::msgpack, again.message(), {});
        SALLYPORT_CHECK(received.has_value() && !CarriedPayloads({}).resolve(*received));
        SALLYPORT_CHECK(payload_of(*received)->args == payload->args &&
                        payload_of(*received)->kwargs == payload->kwargs);
        send_in_parts(*message, length % (payload->bytes() + 1));
    }
    return 0;
}
