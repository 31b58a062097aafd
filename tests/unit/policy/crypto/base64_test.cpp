#include "policy/crypto/base64.h"

#include <gtest/gtest.h>

#include <array>

namespace sallyport::policy::crypto {
namespace {

TEST(Base64, IsReadAsItIsWritten) {  // RFC 4648 section 10
    const std::array<std::pair<std::string, std::string>, 7> known{{{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}}};
    for (const auto& [bytes, text] : known) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
    }
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    EXPECT_EQ(from_base64(to_base64(all)), all);
    EXPECT_EQ(to_base64(std::string_view("\xFB\xEF\xFF")), "++//");
    EXPECT_EQ(to_base64(std::array<std::uint8_t, 1>{0xFF}), "/w==");
}

TEST(Base64, HasOneTextForEachValue) {
    for (const char* wrong : {"Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n",
                              "Zm9-", "Zm9_", " Zm9v", "Zm 9", "=Zm9", "Zm9v="}) {
        EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
    }
}

}  // namespace
}  // namespace sallyport::policy::crypto
