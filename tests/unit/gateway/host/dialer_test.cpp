#include "gateway/host/dialer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <string>

namespace sallyport::gateway {
namespace {

namespace asio = boost::asio;

struct Outcome {
    bool connected = false;
    std::string why;
};

Outcome dial_to(const std::string& address, DialReach reach) {
    asio::io_context io;
    Outcome outcome{false, "never called back"};
    dial(io, *backend_link::parse_address(address), reach,
         [&](Descriptor socket, const std::string& why) {
             outcome = {static_cast<bool>(socket), why};
         });
    io.run();
    return outcome;
}

TEST(Dialer, NeverDialsAGlobalAddress) {
    for (const char* address :
         {"tcp:8.8.8.8:80", "tcp:[2001:4860:4860::8888]:80", "tcp:0.0.0.0:80"}) {
        const Outcome outcome = dial_to(address, DialReach::local);
        EXPECT_FALSE(outcome.connected);
        EXPECT_NE(outcome.why.find("is not a local address"), std::string::npos) << outcome.why;
    }
}

TEST(Dialer, StaysOnThisMachineWithoutAReason) {
    const Outcome outcome = dial_to("tcp:10.255.255.1:80", DialReach::loopback);
    EXPECT_FALSE(outcome.connected);
    EXPECT_NE(outcome.why.find("plaintext"), std::string::npos) << outcome.why;
}

TEST(Dialer, JudgesANameByWhatItResolvesTo) {
    asio::io_context io;
    asio::ip::tcp::acceptor listener(io, {asio::ip::address_v4::loopback(), 0});
    const std::string port = std::to_string(listener.local_endpoint().port());
    EXPECT_TRUE(dial_to("tcp:localhost:" + port, DialReach::loopback).connected);
    EXPECT_TRUE(dial_to("tcp:127.0.0.1:" + port, DialReach::local).connected);
}

TEST(Dialer, ConnectsToAUnixSocket) {
    const std::string path = "/tmp/sallyport-dialer-" + std::to_string(::getpid()) + ".sock";
    asio::io_context io;
    {
        asio::local::stream_protocol::acceptor listener(io, path);
        EXPECT_TRUE(dial_to("unix:" + path, DialReach::loopback).connected);
    }
    const Outcome refused = dial_to("unix:" + path, DialReach::loopback);
    EXPECT_FALSE(refused.connected);
    EXPECT_EQ(refused.why, "Connection refused");
    ::unlink(path.c_str());
}

}  // namespace
}  // namespace sallyport::gateway
