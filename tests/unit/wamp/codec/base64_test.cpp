#include "wamp/codec/base64.h"

#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace sallyport::wamp
