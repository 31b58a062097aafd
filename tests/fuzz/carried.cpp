// Parts and messages as they arrive on a link that carries payloads: nothing may crash, and what is
// kept stays bounded.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wamp/base/check.h"
#include "wamp/codec/carried_payloads.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace sallyport::wamp;
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
    }
    return 0;
}
