#include "wamp/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/vectors/vectors.h"

namespace sallyport::wamp {
namespace {

using vectors::hex;
using vectors::unhex;

// The definition, slowly: decode and compare with what the code point's shortest form is.
bool is_valid_by_definition(std::string_view text) {
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text[0]);
        const std::size_t bytes = first < 0x80   ? 1
                                  : first < 0xC0 ? 0
                                  : first < 0xE0 ? 2
                                  : first < 0xF0 ? 3
                                  : first < 0xF8 ? 4
                                                 : 0;
        if (bytes == 0 || text.size() < bytes) return false;
        char32_t c = bytes == 1 ? first : first & (0xFFU >> (bytes + 1));
        for (std::size_t index = 1; index < bytes; ++index) {
            const auto next = static_cast<unsigned char>(text[index]);
            if ((next & 0xC0) != 0x80) return false;
            c = (c << 6) | (next & 0x3FU);
        }
        if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return false;
        std::string shortest;
        append_utf8(shortest, c);
        if (shortest != text.substr(0, bytes)) return false;
        text.remove_prefix(bytes);
    }
    return true;
}

TEST(Utf8, AcceptsAndRefusesEveryPairAndTripleOfEdgeBytesAsTheDefinitionDoes) {
    const std::string edges =
        unhex("00 41 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 f8 ff");
    for (char a : edges) {
        for (char b : edges) {
            for (char c : edges) {
                for (char d : edges) {
                    const std::string text{a, b, c, d};
                    for (std::size_t size = 1; size <= text.size(); ++size) {
                        const auto part = std::string_view(text).substr(0, size);
                        ASSERT_EQ(is_valid_utf8(part), is_valid_by_definition(part)) << hex(part);
                    }
                }
            }
        }
    }
}

TEST(Utf8, SeesOneBadByteAtEveryPlaceOfALongText) {
    for (std::size_t place = 0; place < 100; ++place) {
        std::string text(100, 'a');
        text[place] = '\x80';
        EXPECT_FALSE(is_valid_utf8(text)) << place;
        EXPECT_EQ(skip_ascii(text.data(), text.data() + text.size()) - text.data(),
                  static_cast<std::ptrdiff_t>(place));
    }
    EXPECT_TRUE(is_valid_utf8(std::string(100, 'a')));
    EXPECT_TRUE(is_valid_utf8(""));
}

TEST(Utf8, TakesCodePointsOneByOne) {
    std::string_view text = "a\u00e9\u20ac\U0001f600";
    EXPECT_EQ(take_code_point(text), U'a');
    EXPECT_EQ(take_code_point(text), U'\u00e9');
    EXPECT_EQ(take_code_point(text), U'\u20ac');
    EXPECT_EQ(take_code_point(text), U'\U0001f600');
    EXPECT_TRUE(text.empty());
}

TEST(Utf8, WritesAndReadsBackTheEdgesOfEachLength) {
    for (char32_t c :
         {U'\0', U'\x7F', U'\x80', U'\u07FF', U'\u0800', U'\uFFFF', U'\U00010000', U'\U0010FFFF'}) {
        std::string text;
        append_utf8(text, c);
        EXPECT_TRUE(is_valid_utf8(text));
        std::string_view rest = text;
        EXPECT_EQ(take_code_point(rest), c);
        EXPECT_TRUE(rest.empty());
    }
}

}  // namespace
}  // namespace sallyport::wamp
