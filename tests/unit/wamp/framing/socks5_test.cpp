#include "wamp/framing/socks5.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;
using vectors::unhex;

// Feeds octets as a socket would: never more than are bytes_needed.
void feed(Socks5& socks, std::string bytes, std::size_t step) {
    while (!bytes.empty() && socks.bytes_needed() > 0) {
        const std::size_t count = std::min({step, socks.bytes_needed(), bytes.size()});
        socks.feed(bytes.substr(0, count));
        bytes.erase(0, count);
    }
}

TEST(Socks5, AsksTheProxyToResolveTheName) {  // RFC 1928 section 4
    Socks5 socks("abc.onion", 80);
    EXPECT_EQ(hex(socks.take_to_send()), "050100");
    EXPECT_EQ(socks.take_to_send(), "");
    feed(socks, unhex("0500"), 2);
    EXPECT_EQ(hex(socks.take_to_send()), "0501000309" + hex("abc.onion") + "0050");
}

TEST(Socks5, SaysAddressesAsAddresses) {
    Socks5 four("127.0.0.1", 8080);
    four.take_to_send();
    feed(four, unhex("0500"), 2);
    EXPECT_EQ(hex(four.take_to_send()), "050100017f0000011f90");
    Socks5 six("::1", 8080);
    six.take_to_send();
    feed(six, unhex("0500"), 1);
    EXPECT_EQ(hex(six.take_to_send()), "05010004" + std::string(30, '0') + "01" + "1f90");
}

TEST(Socks5, IsConnectedAfterEachKindOfReplyHoweverItIsCut) {
    for (const std::string reply : {"05000001000000000000",
                                    "0500000400000000000000000000000000000000"
                                    "0000",
                                    "050000030361626300"
                                    "50"}) {
        for (std::size_t step = 1; step <= 24; ++step) {
            Socks5 socks("a", 1);
            feed(socks, unhex("0500" + reply), step);
            EXPECT_TRUE(socks.connected()) << reply << " by " << step;
            EXPECT_EQ(socks.bytes_needed(), 0u);
        }
    }
}

TEST(Socks5, NeverWantsAByteOfWhatFollowsTheReply) {
    Socks5 socks("a", 1);
    const std::string stream = unhex(
        "0500"
        "05000001000000000000");
    std::size_t taken = 0;
    while (!socks.connected()) {
        const std::size_t count = socks.bytes_needed();
        ASSERT_LE(taken + count, stream.size());
        socks.feed(stream.substr(taken, count));
        taken += count;
    }
    EXPECT_EQ(taken, stream.size());
}

TEST(Socks5, SaysInPlainWordsWhatTorMeans) {
    const auto why = [](const std::string& reply) {
        Socks5 socks("a", 1);
        feed(socks, unhex("0500" + reply), 100);
        EXPECT_TRUE(socks.failed());
        EXPECT_FALSE(socks.connected());
        return std::string(socks.why());
    };
    EXPECT_NE(why("05f00001").find("descriptor was not found"), std::string::npos);
    EXPECT_NE(why("05f40001").find("client authorization"), std::string::npos);
    EXPECT_NE(why("05f60001").find("not a valid onion address"), std::string::npos);
    EXPECT_NE(why("05050001").find("refused"), std::string::npos);
    EXPECT_NE(why("05ee0001").find("unknown code"), std::string::npos);
    EXPECT_NE(why("05000002").find("malformed"), std::string::npos);
    EXPECT_NE(why("04000001").find("malformed"), std::string::npos);
}

TEST(Socks5, KnowsEachOfTorsErrorsByItsOwnText) {
    for (unsigned code = 0xF0; code <= 0xF7; ++code) {
        const auto text = socks5_error_text(static_cast<std::uint8_t>(code));
        EXPECT_EQ(text.find("unknown code"), std::string_view::npos) << code;
        for (unsigned other = code + 1; other <= 0xF7; ++other) {
            EXPECT_NE(text, socks5_error_text(static_cast<std::uint8_t>(other)));
        }
    }
}

TEST(Socks5, RefusesWhatIsNoProxyAndAProxyThatWantsAPassword) {
    Socks5 http("a", 1);
    http.feed("HT");
    EXPECT_EQ(http.why(), "not a SOCKS5 proxy");
    Socks5 password("a", 1);
    password.feed(unhex("0502"));
    EXPECT_EQ(password.why(), "the proxy asks for authentication");
    EXPECT_EQ(password.bytes_needed(), 0u);
}

TEST(Socks5, TakesANameOf255BytesAndNoLongerOne) {
    Socks5 socks(std::string(255, 'a'), 1);
    feed(socks, unhex("0500"), 2);
    EXPECT_DEATH(Socks5(std::string(256, 'a'), 1), "host_bytes_max");
}

}  // namespace
}  // namespace sallyport::wamp
