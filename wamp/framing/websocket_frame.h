#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::wamp {

enum class WebSocketOpcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9 };

/// The header of an unmasked, unfragmented frame (RFC 6455 §5.2): 2, 4 or 10 octets.
std::string websocket_header(WebSocketOpcode opcode, std::size_t payload_bytes);

/// A whole frame of a client. `mask` is random and different for every frame.
std::string masked_websocket_frame(WebSocketOpcode opcode, std::string_view payload,
                                   const std::array<std::uint8_t, 4>& mask);

/// The payload of a Close frame without a reason text.
std::string websocket_close_payload(std::uint16_t code);

}  // namespace sallyport::wamp
