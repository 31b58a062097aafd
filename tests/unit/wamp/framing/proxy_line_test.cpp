#include "wamp/framing/proxy_line.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::wamp {
namespace {

using Kind = ProxyLine::Kind;

const std::string line = "PROXY TCP6 fc00:dead:beef:4dad::0:18 ::1 24 80\r\n";

TEST(ProxyLine, NamesTheCircuitInTheLow32Bits) {
    const ProxyLine read = read_proxy_line(line);
    EXPECT_EQ(read.kind, Kind::complete);
    EXPECT_EQ(read.circuit, 24u);
    EXPECT_EQ(read.bytes, line.size());

    const ProxyLine largest =
        read_proxy_line("PROXY TCP6 fc00:dead:beef:4dad::ffff:fffe ::1 65535 80\r\n");
    EXPECT_EQ(largest.kind, Kind::complete);
    EXPECT_EQ(largest.circuit, 0xFFFFFFFEu);
}

TEST(ProxyLine, EndsWhereTheClientsBytesBegin) {
    EXPECT_EQ(read_proxy_line(line + "\x7F").bytes, line.size());
    EXPECT_EQ(read_proxy_line(line + line).bytes, line.size());
}

TEST(ProxyLine, IsIncompleteHoweverItIsCut) {
    for (std::size_t cut = 0; cut < line.size(); ++cut) {
        const ProxyLine read = read_proxy_line(line.substr(0, cut));
        EXPECT_EQ(read.kind, Kind::incomplete) << cut;
        EXPECT_EQ(read.bytes, 0u);
        EXPECT_EQ(read.circuit, 0u);
    }
}

TEST(ProxyLine, IsAtMost107BytesLong) {
    const std::string at_limit = "PROXY TCP6 " + std::string(94, 'x') + "\r\n";
    EXPECT_EQ(at_limit.size(), ProxyLine::bytes_max);
    EXPECT_EQ(read_proxy_line(at_limit.substr(0, 106)).kind, Kind::incomplete);
    EXPECT_EQ(read_proxy_line("PROXY TCP6 " + std::string(96, 'x')).kind, Kind::malformed);
    EXPECT_EQ(read_proxy_line("PROXY TCP6 " + std::string(95, 'x') + "\r\n").kind, Kind::malformed);
}

TEST(ProxyLine, RefusesWhatTorDoesNotSay) {
    for (const std::string text : {
             "GET / HTTP/1.1\r\n",
             "\x7F\x12",
             "proxy TCP6 fc00:dead:beef:4dad::0:18 ::1 24 80\r\n",
             "PROXY TCP4 127.0.0.1 127.0.0.1 24 80\r\n",
             "PROXY UNKNOWN\r\n",
             "PROXY TCP6 fc00:dead:beef:4dae::0:18 ::1 24 80\r\n",
             "PROXY TCP6 fc00:dead:beef:4dad:1::18 ::1 24 80\r\n",
             "PROXY TCP6 fc00:dead:beef:4dad::0:18 ::1 24\r\n",
             "PROXY TCP6 fc00:dead:beef:4dad::0:18 ::1 24 80 1\r\n",
             "PROXY TCP6  fc00:dead:beef:4dad::0:18 ::1 24 80\r\n",
             "PROXY TCP6 fc00:dead:beef:4dad::0:18 ::1 24 65536\r\n",
             "PROXY TCP6 fc00:dead:beef:4dad::0:18 ::1 -1 80\r\n",
             "PROXY TCP6 fc00:dead:beef:4dad::0:18 ::1 24 80\n",
             "PROXY TCP6 fc00:dead:beef:4dad::0:18 x 24 80\r\n",
             "PROXY TCP6 \r\n",
         }) {
        EXPECT_EQ(read_proxy_line(text).kind, Kind::malformed) << text;
    }
}

}  // namespace
}  // namespace sallyport::wamp
