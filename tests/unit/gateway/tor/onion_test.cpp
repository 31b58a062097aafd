#include "gateway/tor/onion.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

TEST(OnionAddress, IsVersionThree) {
    const std::string name(56, 'a');
    EXPECT_TRUE(is_onion_address(name + ".onion"));
    EXPECT_FALSE(is_onion_address(name));
    EXPECT_FALSE(is_onion_address(std::string(16, 'a') + ".onion"));
    EXPECT_FALSE(is_onion_address(std::string(55, 'a') + "1.onion"));
    EXPECT_FALSE(is_onion_address(std::string(55, 'a') + "A.onion"));
    EXPECT_FALSE(is_onion_address(""));
}

TEST(OnionKey, IsRefusedWhenCutShortOrOfAnotherKind) {
    using namespace std::string_literals;
    const std::string key = "== ed25519v1-secret: type0 ==\0\0\0"s + std::string(64, 'k');
    EXPECT_FALSE(wrong_with_onion_key(key));
    EXPECT_EQ(wrong_with_onion_key(key.substr(1)), "has 95 bytes, not 96");
    EXPECT_TRUE(wrong_with_onion_key(""));
    EXPECT_TRUE(wrong_with_onion_key(std::string(onion_key_bytes, 'x')));
}

}  // namespace
}  // namespace sallyport::gateway
