#include "wamp/codec/json_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace sallyport::wamp {
namespace {

// What the string that begins in `text` after a quote stands for; nothing when it is refused.
std::optional<std::string> unescaped(std::string_view text) {
    JsonString found;
    const char* after = scan_json_string(text.data(), text.data() + text.size(), found);
    if (after == nullptr) return std::nullopt;
    EXPECT_EQ(after, text.data() + found.raw.size() + 1);
    std::string out;
    append_unescaped(out, found.raw);
    EXPECT_EQ(out.size(), found.decoded_bytes) << text;
    EXPECT_EQ(found.escaped, found.raw.find('\\') != std::string_view::npos);
    return out;
}

TEST(JsonPlain, StopsAtTheSameByteInEveryWayAtEveryPlace) {
    for (int value = 0; value < 256; ++value) {
        const bool stops = value < 0x20 || value >= 0x80 || value == '"' || value == '\\';
        for (std::size_t size : {1U, 7U, 8U, 9U, 15U, 16U, 17U, 33U, 40U}) {
            for (std::size_t place = 0; place < size; ++place) {
                std::string text(size, 'a');
                text[place] = static_cast<char>(value);
                const char* const end = text.data() + size;
                const char* const expected = stops ? text.data() + place : end;
                ASSERT_EQ(skip_json_plain(text.data(), end), expected) << value << " " << place;
                ASSERT_EQ(skip_json_plain_by_words(text.data(), end), expected)
                    << value << " " << place;
            }
        }
    }
}

TEST(JsonString, EndsAtItsQuote) {
    EXPECT_EQ(unescaped("abc\" and more"), "abc");
    EXPECT_EQ(unescaped("\""), "");
    EXPECT_EQ(unescaped("no end"), std::nullopt);
    EXPECT_EQ(unescaped("escaped quote\\\""), std::nullopt);
    EXPECT_EQ(unescaped(""), std::nullopt);
}

TEST(JsonString, KnowsTheEscapesOfRfc8259AndNoOthers) {
    EXPECT_EQ(unescaped(R"(\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(unescaped(R"(\u0041\u00e9\u20AC\u0000x")"), std::string("A\u00e9\u20ac\0x", 8));
    for (const char* bad :
         {R"(\a")", R"(\x41")", R"(\u12")", R"(\u12g4")", R"(\U0041")", R"(\')", "\\\"", "\\"}) {
        EXPECT_EQ(unescaped(bad), std::nullopt) << bad;
    }
}

TEST(JsonString, JoinsSurrogatePairsAndRefusesLoneOnes) {  // W-SER-03
    EXPECT_EQ(unescaped(R"(\ud83d\ude00")"), "\U0001F600");
    EXPECT_EQ(unescaped(R"(\uD800\uDC00\uDBFF\uDFFF")"), "\U00010000\U0010FFFF");
    for (const char* bad :
         {R"(\ud83d")", R"(\ude00")", R"(\ud83dx")", R"(\ud83d\n")", R"(\ud83d\ud83d")",
          R"(\ud83d\u0041")", R"(\ude00\ud83d")", R"(\ud83d\ude0")"}) {
        EXPECT_EQ(unescaped(bad), std::nullopt) << bad;
    }
}

TEST(JsonString, RefusesControlCharactersAndBadUtf8) {
    EXPECT_EQ(unescaped("a\nb\""), std::nullopt);
    EXPECT_EQ(unescaped(std::string("a\0b\"", 4)), std::nullopt);
    EXPECT_EQ(unescaped("a\x1f\""), std::nullopt);
    EXPECT_EQ(unescaped("\x7f\""), "\x7f");
    for (const char* bad : {"\x80\"", "\xC3\"", "\xC0\x80\"", "\xED\xA0\x80\"",
                            "\xF4\x90\x80\x80\"", "\xE2\x82\"", "\xFF\""}) {
        EXPECT_EQ(unescaped(std::string("long enough for a vector ") + bad), std::nullopt);
    }
    EXPECT_EQ(unescaped("\u00e9\u20ac\U0001F600 and ascii again\""),
              "\u00e9\u20ac\U0001F600 and ascii again");
}

TEST(JsonString, IsBinaryWhenItBeginsWithAnEscapedNul) {  // W-SER-04
    const auto binary = [](std::string_view raw) {
        JsonString found;
        EXPECT_NE(scan_json_string(raw.data(), raw.data() + raw.size(), found), nullptr);
        return found.is_binary();
    };
    EXPECT_TRUE(binary(R"(\u0000")"));
    EXPECT_TRUE(binary(R"(\u0000AA==")"));
    EXPECT_FALSE(binary(R"(a\u0000AA==")"));
    EXPECT_FALSE(binary(R"(\\u0000")"));
    EXPECT_FALSE(binary(R"(\u0001")"));
    EXPECT_FALSE(binary(R"(")"));
}

TEST(JsonString, IsWrittenSoThatItReadsBack) {
    std::string all;
    for (int value = 0; value < 0x80; ++value) all.push_back(static_cast<char>(value));
    all += "\u00e9\u20ac\U0001F600";
    std::string written;
    append_json_string(written, all);
    EXPECT_EQ(written.front(), '"');
    EXPECT_EQ(unescaped(std::string_view(written).substr(1)), all);
    std::string plain;
    append_json_string(plain, "\u00e9/a\"\\\n\x01");
    EXPECT_EQ(plain, "\"\u00e9/a\\\"\\\\\\n\\u0001\"");
}

TEST(JsonNumber, FollowsTheGrammar) {
    const auto rest = [](std::string_view text) -> std::string {
        bool integral = false;
        const char* after = scan_json_number(text.data(), text.data() + text.size(), integral);
        if (after == nullptr) return "refused";
        return std::string(after, text.data() + text.size()) + (integral ? "i" : "f");
    };
    for (const char* number : {"0", "-0", "7", "-12", "1234567890123456789012345"})
        EXPECT_EQ(rest(number), "i") << number;
    for (const char* number : {"0.5", "-1.25", "1e5", "1E+5", "2e-7", "0e0", "1.5e3"})
        EXPECT_EQ(rest(number), "f") << number;
    for (const char* bad :
         {"", "-", "+1", ".5", "1.", "1.e5", "1e", "1e+", "-a", "NaN", "Infinity", "-Infinity"}) {
        EXPECT_EQ(rest(bad), "refused") << bad;
    }
    EXPECT_EQ(rest("01"), "1i");  // the caller sees what is left and refuses it
    EXPECT_EQ(rest("0x10"), "x10i");
    EXPECT_EQ(rest("1,2"), ",2i");
}

JsonNumber number(std::string_view text) {
    return json_number(text, text.find_first_of(".eE") == std::string_view::npos);
}

TEST(JsonNumber, KeepsIntegersExactToTheLastOf64Bits) {  // W-SER-03
    EXPECT_EQ(number("18446744073709551615").unsigned_integer,
              std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(number("9007199254740993").unsigned_integer, 9007199254740993U);
    EXPECT_EQ(number("-9223372036854775808").negative_integer,
              std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(number("-0").kind, JsonNumber::Kind::unsigned_integer);
    for (const char* text :
         {"18446744073709551616", "-9223372036854775809", "99999999999999999999999999"}) {
        EXPECT_EQ(number(text).kind, JsonNumber::Kind::out_of_range) << text;
    }
}

TEST(JsonNumber, TellsTooLargeFromTooSmall) {
    for (const char* text : {"1e309", "-1e309", "1e99999999999999999999", "123456789e400"}) {
        EXPECT_EQ(number(text).kind, JsonNumber::Kind::out_of_range) << text;
    }
    for (const char* text : {"1e-400", "0.000000001e-330", "1e-99999999999999999999", "12345e-400",
                             "1e-9223372036854775807"}) {
        ASSERT_EQ(number(text).kind, JsonNumber::Kind::floating) << text;
        EXPECT_EQ(number(text).floating, 0.0) << text;
    }
    EXPECT_TRUE(std::signbit(number("-1e-400").floating));
    EXPECT_EQ(number("0e99999999999999999999").kind, JsonNumber::Kind::floating);
    EXPECT_EQ(number("5e-324").floating, std::numeric_limits<double>::denorm_min());
}

TEST(JsonNumber, IsWrittenSoThatItReadsBackAsTheSameDouble) {
    for (double value : {0.0, -0.0, 1.0, 1.5, 0.1, 1e100, 1e21, 123456789.0, -2.5e-8, 5e-324,
                         std::numeric_limits<double>::max()}) {
        std::string text;
        append_json_double(text, value);
        bool integral = true;
        ASSERT_EQ(scan_json_number(text.data(), text.data() + text.size(), integral),
                  text.data() + text.size())
            << text;
        EXPECT_FALSE(integral) << text;
        const JsonNumber back = json_number(text, integral);
        EXPECT_EQ(back.floating, value) << text;
        EXPECT_EQ(std::signbit(back.floating), std::signbit(value)) << text;
    }
}

}  // namespace
}  // namespace sallyport::wamp
