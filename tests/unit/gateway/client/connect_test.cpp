#include "gateway/client/connect.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/client/exit_code.h"
#include "tests/unit/gateway/client/scripted_peer.h"
#include "wamp/net/connections.h"

namespace sallyport::gateway {
namespace {

using backend_link::Address;
using test::read_exactly;
using test::ScriptedPeer;
using test::write_all;

std::string onion() {
    std::string host(56, 'a');
    host += ".onion";
    return host;
}

wamp::Instant soon(int ms) {
    return wamp::now() + std::chrono::milliseconds(ms);
}

/// What connect_client() throws.
ClientFailure failure(const std::string& url, const std::optional<Address>& socks, int ms = 10000) {
    try {
        connect_client(parse_client_url(url), socks, soon(ms));
    } catch (const ClientFailure& thrown) {
        return thrown;
    }
    return {0, "it connected"};
}

TEST(ClientConnect, ReachesAnOnionThroughTheProxyAndReadsNothingOfWhatFollows) {
    std::string asked;
    ScriptedPeer proxy([&](int fd) {
        read_exactly(fd, 3);
        write_all(fd, std::string("\x05\x00", 2));
        asked = read_exactly(fd, 5 + 62 + 2);
        write_all(fd, std::string("\x05\x00\x00\x01\0\0\0\0\0\0", 10) + "next");
        read_exactly(fd, 1);
    });
    Descriptor socket =
        connect_client(parse_client_url("ws://" + onion() + "/"),
                       Address{Address::Kind::unix_path, proxy.path(), 0}, soon(10000));
    ASSERT_TRUE(socket);
    EXPECT_EQ(asked.substr(5, 62), onion());
    std::string rest;
    for (int i = 0; i < 1000 && rest.empty(); ++i) {
        char block[16];
        const ssize_t count = ::recv(socket.get(), block, sizeof(block), 0);
        if (count > 0) rest.assign(block, static_cast<std::size_t>(count));
        if (count < 0) ::usleep(1000);
    }
    EXPECT_EQ(rest, "next");
}

TEST(ClientConnect, SaysWhatTorSaid) {
    ScriptedPeer proxy([](int fd) {
        read_exactly(fd, 3);
        write_all(fd, std::string("\x05\x00", 2));
        read_exactly(fd, 5 + 62 + 2);
        write_all(fd, std::string("\x05\xF0\x00\x01\0\0\0\0\0\0", 10));
    });
    const ClientFailure thrown =
        failure("ws://" + onion() + "/", Address{Address::Kind::unix_path, proxy.path(), 0});
    EXPECT_EQ(thrown.exit_code, client_not_connected);
    EXPECT_NE(std::string(thrown.what()).find("descriptor was not found"), std::string::npos);
}

TEST(ClientConnect, EndsWhenTheProxyEndsOrSaysNothing) {
    {
        ScriptedPeer proxy([](int fd) { read_exactly(fd, 3); });
        const ClientFailure thrown =
            failure("ws://h/", Address{Address::Kind::unix_path, proxy.path(), 0});
        EXPECT_EQ(thrown.exit_code, client_not_connected);
        EXPECT_NE(std::string(thrown.what()).find("the proxy closed the connection"),
                  std::string::npos);
    }
    ScriptedPeer silent([](int fd) { read_exactly(fd, 4); });
    EXPECT_EQ(failure("ws://h/", Address{Address::Kind::unix_path, silent.path(), 0}, 50).exit_code,
              client_timeout);
}

TEST(ClientConnect, SaysWhoCouldNotBeReached) {
    const ClientFailure missing = failure("rs+unix:/nonexistent/a.sock", std::nullopt);
    EXPECT_EQ(missing.exit_code, client_not_connected);
    EXPECT_EQ(std::string(missing.what()),
              "cannot connect to /nonexistent/a.sock: No such file or directory");
    EXPECT_EQ(failure("rs://127.0.0.1:1", std::nullopt).exit_code, client_not_connected);
}

}  // namespace
}  // namespace sallyport::gateway
