#include "backend-link/link/local_address.h"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::backend_link {
namespace {

using Kind = Address::Kind;

TEST(LocalAddress, IsReadFromItsText) {
    EXPECT_EQ(parse_address("unix:/run/x.sock"), (Address{Kind::unix_path, "/run/x.sock", 0}));
    EXPECT_EQ(parse_address("unix:run/x.sock"), (Address{Kind::unix_path, "run/x.sock", 0}));
    EXPECT_EQ(parse_address("tcp:10.0.0.1:4443"), (Address{Kind::tcp, "10.0.0.1", 4443}));
    EXPECT_EQ(parse_address("tcp:lab-router.local:1"), (Address{Kind::tcp, "lab-router.local", 1}));
    EXPECT_EQ(parse_address("tcp:[::1]:65535"), (Address{Kind::tcp, "::1", 65535}));
    EXPECT_EQ(parse_address("tcp:[fe80::1%eth0]:80"), (Address{Kind::tcp, "fe80::1%eth0", 80}));
}

TEST(LocalAddress, IsWrittenAsItIsRead) {
    for (const char* text : {"unix:/run/x.sock", "tcp:10.0.0.1:4443", "tcp:[::1]:80"}) {
        EXPECT_EQ(parse_address(text).value().text(), text);
    }
}

TEST(LocalAddress, RefusesWhatIsNone) {
    for (const char* text : {"",
                             "tcp",
                             "tcp:",
                             "unix:",
                             "/run/x.sock",
                             "udp:10.0.0.1:1",
                             "TCP:10.0.0.1:1",
                             "tcp:10.0.0.1",
                             "tcp::80",
                             "tcp:10.0.0.1:",
                             "tcp:10.0.0.1:0",
                             "tcp:10.0.0.1:65536",
                             "tcp:10.0.0.1:080",
                             "tcp:10.0.0.1:+80",
                             "tcp:10.0.0.1: 80",
                             "tcp:10.0.0.1:80 ",
                             "tcp:10.0.0.1:80x",
                             "tcp:::1:80",
                             "tcp:[::1]80",
                             "tcp:[::1]",
                             "tcp:[::1]:",
                             "tcp:[]:80",
                             "tcp:[10.0.0.1]:80",
                             "tcp:[::1:80",
                             "tcp:a b:80",
                             "tcp:user@host:80",
                             "tcp:a/b:80"}) {
        EXPECT_FALSE(parse_address(text)) << text;
    }
    EXPECT_FALSE(parse_address(std::string_view("unix:/a\0b", 9)));
}

TEST(LocalAddress, KeepsToTheLongestPathThatASocketCanHave) {
    const std::string path(107, 'a');
    EXPECT_TRUE(parse_address("unix:" + path));
    EXPECT_FALSE(parse_address("unix:" + path + "a"));
}

TEST(LocalAddress, KeepsToTheLongestHostName) {
    const std::string host(253, 'a');
    EXPECT_TRUE(parse_address("tcp:" + host + ":80"));
    EXPECT_FALSE(parse_address("tcp:a" + host + ":80"));
}

Reach v4(std::uint8_t a, std::uint8_t b, std::uint8_t c = 0, std::uint8_t d = 1) {
    const std::uint8_t ip[] = {a, b, c, d};
    return reach_of(ip);
}

Reach v6(std::initializer_list<std::uint8_t> first, std::initializer_list<std::uint8_t> last) {
    std::vector<std::uint8_t> ip(first);
    ip.resize(16 - last.size());
    ip.insert(ip.end(), last);
    return reach_of(ip);
}

// RFC 1918, RFC 3927: each block, its last address and the one past it.
TEST(Reach, OfIpv4FollowsTheBlocks) {
    EXPECT_EQ(v4(127, 0), Reach::loopback);
    EXPECT_EQ(v4(127, 255, 255, 255), Reach::loopback);
    EXPECT_EQ(v4(128, 0), Reach::global);
    EXPECT_EQ(v4(126, 255), Reach::global);
    EXPECT_EQ(v4(10, 0, 0, 0), Reach::local);
    EXPECT_EQ(v4(10, 255, 255, 255), Reach::local);
    EXPECT_EQ(v4(9, 255), Reach::global);
    EXPECT_EQ(v4(11, 0), Reach::global);
    EXPECT_EQ(v4(172, 15), Reach::global);
    EXPECT_EQ(v4(172, 16), Reach::local);
    EXPECT_EQ(v4(172, 31, 255, 255), Reach::local);
    EXPECT_EQ(v4(172, 32), Reach::global);
    EXPECT_EQ(v4(192, 168), Reach::local);
    EXPECT_EQ(v4(192, 167), Reach::global);
    EXPECT_EQ(v4(192, 169), Reach::global);
    EXPECT_EQ(v4(169, 254), Reach::local);
    EXPECT_EQ(v4(169, 253), Reach::global);
    EXPECT_EQ(v4(169, 255), Reach::global);
}

TEST(Reach, OfTheRestIsGlobal) {
    EXPECT_EQ(v4(0, 0, 0, 0), Reach::global);
    EXPECT_EQ(v4(224, 0), Reach::global);
    EXPECT_EQ(v4(255, 255, 255, 255), Reach::global);
    EXPECT_EQ(v4(100, 64), Reach::global);
    EXPECT_EQ(v4(8, 8, 8, 8), Reach::global);
    EXPECT_EQ(v6({}, {}), Reach::global);
    EXPECT_EQ(v6({0xFF, 0x02}, {1}), Reach::global);
    EXPECT_EQ(v6({0x20, 0x01, 0x0D, 0xB8}, {1}), Reach::global);
    EXPECT_EQ(reach_of({}), Reach::global);
    const std::uint8_t five[] = {127, 0, 0, 0, 1};
    EXPECT_EQ(reach_of(five), Reach::global);
}

TEST(Reach, OfIpv6FollowsTheBlocks) {
    EXPECT_EQ(v6({}, {1}), Reach::loopback);
    EXPECT_EQ(v6({}, {2}), Reach::global);
    EXPECT_EQ(v6({0xFE, 0x80}, {1}), Reach::local);
    EXPECT_EQ(v6({0xFE, 0xBF}, {1}), Reach::local);
    EXPECT_EQ(v6({0xFE, 0xC0}, {1}), Reach::global);
    EXPECT_EQ(v6({0xFE, 0x7F}, {1}), Reach::global);
    EXPECT_EQ(v6({0xFC}, {1}), Reach::local);
    EXPECT_EQ(v6({0xFD, 0xFF}, {1}), Reach::local);
    EXPECT_EQ(v6({0xFB}, {1}), Reach::global);
    EXPECT_EQ(v6({0xFE}, {1}), Reach::global);
}

TEST(Reach, OfAMappedAddressIsThatOfTheIpv4One) {
    EXPECT_EQ(v6({}, {0xFF, 0xFF, 127, 0, 0, 1}), Reach::loopback);
    EXPECT_EQ(v6({}, {0xFF, 0xFF, 10, 0, 0, 1}), Reach::local);
    EXPECT_EQ(v6({}, {0xFF, 0xFF, 8, 8, 8, 8}), Reach::global);
    EXPECT_EQ(v6({}, {0xFF, 0xFE, 127, 0, 0, 1}), Reach::global);
    EXPECT_EQ(v6({}, {0, 0, 127, 0, 0, 1}), Reach::global);
}

TEST(Reach, OfAnAddressAsTextIsThatOfItsBytes) {
    EXPECT_EQ(reach_of_literal("127.0.0.1"), Reach::loopback);
    EXPECT_EQ(reach_of_literal("10.1.2.3"), Reach::local);
    EXPECT_EQ(reach_of_literal("8.8.8.8"), Reach::global);
    EXPECT_EQ(reach_of_literal("::1"), Reach::loopback);
    EXPECT_EQ(reach_of_literal("fe80::1%eth0"), Reach::local);
    EXPECT_EQ(reach_of_literal("::ffff:10.0.0.1"), Reach::local);
    EXPECT_EQ(reach_of_literal("2001:db8::1"), Reach::global);
}

TEST(Reach, OfAHostNameIsNotKnown) {
    for (const char* name : {"", "localhost", "10.0.0", "10.0.0.1.", "127.0.0.1%lo", "1:2"})
        EXPECT_EQ(reach_of_literal(name), std::nullopt) << name;
}

}  // namespace
}  // namespace sallyport::backend_link
