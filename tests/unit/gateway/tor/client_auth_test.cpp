#include "gateway/tor/client_auth.h"

#include <gtest/gtest.h>

#include <cctype>

namespace sallyport::gateway {
namespace {

OnionClientKey counting() {
    OnionClientKey key{};
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i * 8 + 3);
    return key;
}

// base64.b32encode(bytes(i * 8 + 3 & 255 for i in range(32))) of Python.
constexpr std::string_view counting_text = "AMFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPJ5XY7L6P5Q";

TEST(OnionClientKey, IsWrittenInBase32) {
    EXPECT_EQ(onion_key_text(OnionClientKey{}), std::string(52, 'A'));
    EXPECT_EQ(onion_key_text(counting()), counting_text);
    OnionClientKey ones{};
    ones.fill(0xFF);
    EXPECT_EQ(onion_key_text(ones), std::string(51, '7') + "Q");
}

TEST(OnionClientKey, IsReadBackInEitherCase) {
    std::string text = onion_key_text(counting());
    EXPECT_EQ(parse_onion_key(text), counting());
    for (char& c : text) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(parse_onion_key(text), counting());
}

TEST(OnionClientKey, RefusesAnotherLengthAndOtherCharacters) {
    EXPECT_FALSE(parse_onion_key(std::string(51, 'A')));
    EXPECT_FALSE(parse_onion_key(std::string(53, 'A')));
    EXPECT_FALSE(parse_onion_key(std::string(51, 'A') + "1"));
    EXPECT_FALSE(parse_onion_key(""));
}

TEST(ClientAuth, WritesTheLinesThatTorReads) {
    const std::string zeros(52, 'A');
    EXPECT_EQ(authorized_client({}), "descriptor:x25519:" + zeros + "\n");
    EXPECT_EQ(auth_private("abc.onion", {}), "abc:descriptor:x25519:" + zeros + "\n");
    EXPECT_EQ(authorized_client_file("/s/onion", "alice"),
              "/s/onion/authorized_clients/alice.auth");
}

TEST(ClientTorrc, HasNoListenerButASocketAndNoService) {
    const std::string text = to_text(ClientTorrc{"/a/tor", "Bridge 1.2.3.4:5\n", 7});
    EXPECT_EQ(text,
              "Bridge 1.2.3.4:5\n"
              "DataDirectory /a/tor/data\n"
              "SocksPort unix:/a/tor/socks ExtendedErrors\n"
              "ClientOnionAuthDir /a/tor/auth\n"
              "Log notice file /a/tor/log\n"
              "__OwningControllerProcess 7\n");
}

}  // namespace
}  // namespace sallyport::gateway
