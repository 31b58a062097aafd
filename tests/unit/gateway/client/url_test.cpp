#include "gateway/client/url.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace sallyport::gateway {
namespace {

using Kind = backend_link::Address::Kind;

std::string onion() {
    std::string host(56, 'a');
    host += ".onion";
    return host;
}

std::string refusal(const std::string& text) {
    try {
        parse_client_url(text);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "";
}

TEST(ClientUrl, ReadsWebSocketWithItsPath) {
    const ClientUrl url = parse_client_url("ws://example:8081/ws?x=1");
    EXPECT_TRUE(url.websocket);
    EXPECT_EQ(url.address, (backend_link::Address{Kind::tcp, "example", 8081}));
    EXPECT_EQ(url.path, "/ws?x=1");
    EXPECT_EQ(url.host_header(), "example:8081");
    EXPECT_FALSE(url.is_onion());
}

TEST(ClientUrl, HasDefaults) {
    EXPECT_EQ(parse_client_url("ws://h").address.port, 80);
    EXPECT_EQ(parse_client_url("ws://h").path, "/");
    EXPECT_EQ(parse_client_url("ws://h").host_header(), "h");
    EXPECT_EQ(parse_client_url("rs://h").address.port, 8080);
    EXPECT_EQ(parse_client_url("rs://h/").address.port, 8080);
}

TEST(ClientUrl, ReadsUnixSockets) {
    const ClientUrl rawsocket = parse_client_url("rs+unix:/run/a.sock");
    EXPECT_FALSE(rawsocket.websocket);
    EXPECT_EQ(rawsocket.address, (backend_link::Address{Kind::unix_path, "/run/a.sock", 0}));
    const ClientUrl websocket = parse_client_url("ws+unix:a.sock");
    EXPECT_TRUE(websocket.websocket);
    EXPECT_EQ(websocket.host_header(), "localhost");
    EXPECT_NE(refusal("rs+unix:"), "");
    EXPECT_EQ(refusal("rs+unix:" + std::string(107, 'a')), "");
    EXPECT_NE(refusal("rs+unix:" + std::string(108, 'a')), "");
}

TEST(ClientUrl, ReadsIpv6InBrackets) {
    const ClientUrl plain = parse_client_url("ws://[::1]/");
    EXPECT_EQ(plain.address.host_or_path, "::1");
    EXPECT_EQ(plain.address.port, 80);
    EXPECT_EQ(parse_client_url("rs://[::1]:9000").address.port, 9000);
    EXPECT_EQ(parse_client_url("ws://[::1]:81").host_header(), "[::1]:81");
}

TEST(ClientUrl, KnowsAnOnionAddressAndAMistypedOne) {
    EXPECT_TRUE(parse_client_url("ws://" + onion() + "/").is_onion());
    EXPECT_TRUE(parse_client_url("rs://www." + onion() + ":80").is_onion());
    EXPECT_FALSE(parse_client_url("ws://onion.example/").is_onion());
    EXPECT_NE(refusal("ws://" + onion().substr(1) + "/").find("56 letters"), std::string::npos);
    EXPECT_NE(refusal("ws://" + std::string(55, 'a') + "1.onion").find("56 letters"),
              std::string::npos);
}

TEST(ClientUrl, RefusesTheRestWithAReason) {
    EXPECT_NE(refusal("wss://h/").find("use ws://"), std::string::npos);
    for (const std::string text :
         {"", "h", "http://h/", "ws://", "ws://:80", "ws://h:0", "ws://h:65536", "ws://h:x",
          "ws://h/a b", "ws://h/\r\nA: b", "rs://h/path", "ws://u@h/", "ws:/h"}) {
        EXPECT_NE(refusal(text), "") << text;
    }
}

TEST(SocksAddress, IsHostAndPortOrAUnixSocket) {
    EXPECT_EQ(parse_socks_address("127.0.0.1:9050"),
              (backend_link::Address{Kind::tcp, "127.0.0.1", 9050}));
    EXPECT_EQ(parse_socks_address("unix:/run/s"),
              (backend_link::Address{Kind::unix_path, "/run/s", 0}));
    EXPECT_THROW(parse_socks_address("127.0.0.1"), std::invalid_argument);
    EXPECT_THROW(parse_socks_address("socks5://h:1"), std::invalid_argument);
}

}  // namespace
}  // namespace sallyport::gateway
