#include "wamp/base/base64.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace sallyport::wamp {
namespace {

std::string encoded(std::string_view bytes) {
    std::string text;
    append_base64(text, bytes);
    return text;
}

TEST(Base64, EncodesTheVectorsOfRfc4648) {
    EXPECT_EQ(encoded(""), "");
    EXPECT_EQ(encoded("f"), "Zg==");
    EXPECT_EQ(encoded("fo"), "Zm8=");
    EXPECT_EQ(encoded("foo"), "Zm9v");
    EXPECT_EQ(encoded("foob"), "Zm9vYg==");
    EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
    EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
    EXPECT_EQ(encoded("\xFB\xFF\xBF"), "+/+/");
}

TEST(Base64, ReadsBackWhatItWroteForEveryByteAndLength) {
    std::string bytes;
    for (int size = 0; size < 300; ++size) {
        std::string back = "before";
        ASSERT_TRUE(append_from_base64(back, encoded(bytes)));
        ASSERT_EQ(back, "before" + bytes);
        bytes.push_back(static_cast<char>(size * 37));
    }
}

TEST(Base64, RefusesWhatItWouldNotHaveWritten) {  // W-SER-04
    for (std::string_view text :
         {"A", "AA", "AAA", "AAAAA", "====", "A===", "AA=A", "=AAA", "AAA ", "AAA-", "AAA_", "Zg=A",
          "Zg==Zg==", "Zh==", "Zm9=", "\xC3\xA9==", "Zm9v\n"}) {
        std::string out = "kept";
        EXPECT_FALSE(append_from_base64(out, text)) << text;
        EXPECT_EQ(out, "kept");
    }
}

TEST(Base64, WholeTextsAreReadAsTheyAreWritten) {  // RFC 4648 section 10
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
}  // namespace sallyport::wamp
