#include "wamp/framing/websocket_frame.h"

namespace sallyport::wamp {
namespace {

constexpr unsigned final_frame = 0x80;
constexpr unsigned masked = 0x80;
constexpr std::size_t length_in_7_bits_max = 125;
constexpr std::size_t length_in_16_bits_max = 0xFFFF;

void append_octet(std::string& out, std::size_t octet) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(octet & 0xFF)));
}

void append_header(std::string& out, WebSocketOpcode opcode, std::size_t bytes, unsigned mask_bit) {
    append_octet(out, final_frame | static_cast<unsigned>(opcode));
    std::size_t length_octets = 0;
    if (bytes <= length_in_7_bits_max) {
        append_octet(out, mask_bit | bytes);
    } else if (bytes <= length_in_16_bits_max) {
        append_octet(out, mask_bit | 126);
        length_octets = 2;
    } else {
        append_octet(out, mask_bit | 127);
        length_octets = 8;
    }
    for (std::size_t i = length_octets; i > 0; --i) append_octet(out, bytes >> (8 * (i - 1)));
}

}  // namespace

std::string websocket_header(WebSocketOpcode opcode, std::size_t payload_bytes) {
    std::string header;
    append_header(header, opcode, payload_bytes, 0);
    return header;
}

std::string masked_websocket_frame(WebSocketOpcode opcode, std::string_view payload,
                                   const std::array<std::uint8_t, 4>& mask) {
    std::string frame;
    frame.reserve(payload.size() + 14);
    append_header(frame, opcode, payload.size(), masked);
    for (std::uint8_t octet : mask) append_octet(frame, octet);
    for (std::size_t i = 0; i < payload.size(); ++i) {
        append_octet(frame, static_cast<unsigned char>(payload[i]) ^ std::size_t{mask[i % 4]});
    }
    return frame;
}

std::string websocket_close_payload(std::uint16_t code) {
    std::string payload;
    append_octet(payload, code >> 8);
    append_octet(payload, code);
    return payload;
}

}  // namespace sallyport::wamp
