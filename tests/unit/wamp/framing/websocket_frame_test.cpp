#include "wamp/framing/websocket_frame.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;

TEST(WebSocketHeader, HasTheShortestLengthThatFits) {  // RFC 6455 section 5.2
    EXPECT_EQ(hex(websocket_header(WebSocketOpcode::text, 0)), "8100");
    EXPECT_EQ(hex(websocket_header(WebSocketOpcode::binary, 125)), "827d");
    EXPECT_EQ(hex(websocket_header(WebSocketOpcode::binary, 126)), "827e007e");
    EXPECT_EQ(hex(websocket_header(WebSocketOpcode::binary, 65535)), "827effff");
    EXPECT_EQ(hex(websocket_header(WebSocketOpcode::binary, 65536)), "827f0000000000010000");
}

TEST(MaskedWebSocketFrame, IsTheOneOfTheRfc) {  // RFC 6455 section 5.7
    EXPECT_EQ(hex(masked_websocket_frame(WebSocketOpcode::text, "Hello", {0x37, 0xFA, 0x21, 0x3D})),
              "818537fa213d7f9f4d5158");
}

TEST(WebSocketClosePayload, IsTheCodeInNetworkOrder) {
    EXPECT_EQ(hex(websocket_close_payload(1003)), "03eb");
}

}  // namespace
}  // namespace sallyport::wamp
