#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "tests/fuzz/skipping.h"

namespace sallyport::wamp {

// A copy of exactly its size on the heap, so that the address sanitizer sees a read beyond it.
inline bool skips_alike(Serializer serializer, std::string_view text, InstructionSet set,
                        const MessageLimits& limits = {}) {
    const auto copy = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), copy.get());
    return fuzz::skips_alike(serializer, {copy.get(), text.size()}, limits, set);
}

// Before a text, so that it lies across the end of a block, or not.
inline constexpr std::array<std::size_t, 6> block_places = {0, 58, 60, 61, 62, 63};

// Every text of up to `size_max` of these characters, inside an array.
inline void expect_same_for_all(std::string_view alphabet, std::size_t size_max,
                                InstructionSet set) {
    for (const std::size_t place : block_places) {
        std::string text = "[" + std::string(place, ' ');
        const std::size_t begin = text.size();
        std::string digits;  // positions in the alphabet, the first one changing fastest
        while (digits.size() <= size_max) {
            text.resize(begin);
            for (const char digit : digits) text += alphabet[static_cast<std::size_t>(digit)];
            text += ']';
            ASSERT_TRUE(fuzz::skips_alike(Serializer::json, text, {}, set)) << text;
            std::size_t index = 0;
            while (index < digits.size() && ++digits[index] == static_cast<char>(alphabet.size())) {
                digits[index++] = 0;
            }
            if (index == digits.size()) digits += '\0';
        }
    }
}

// Writes values with all the freedom that JSON and MessagePack give.
class PayloadWriter {
public:
    explicit PayloadWriter(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t bound) { return random_() % bound; }

    void json(std::string& out, int depth) {
        space(out);
        switch (below(depth < 6 ? 8 : 5)) {
            case 0:
                out += one_of({"true", "false", "null"});
                break;
            case 1:
            case 2:
                out += one_of({"0", "-0", "7", "-120", "3.25", "1e5", "-0.5E-07", "10E+2", "0.0",
                               "12345678901234567890123", "1.5e300"});
                break;
            case 3:
            case 4:
                json_text(out);
                break;
            case 5:
            case 6:
                json_items(out, depth, '{', '}');
                break;
            default:
                json_items(out, depth, '[', ']');
        }
        space(out);
    }

    void msgpack(std::string& out, int depth) {
        const std::size_t count = below(5);
        switch (below(depth < 6 ? 9 : 7)) {
            case 0:
                out += one_of({"\xC2", "\xC3", "\xC0", "\x07", "\xFF", "\x7F", "\xE0"});
                break;
            case 1:
                with_bytes(out, "\xCC\xCD\xCE\xCF\xD0\xD1\xD2\xD3", {1, 2, 4, 8, 1, 2, 4, 8});
                break;
            case 2:
                with_bytes(out, "\xCA\xCB\xD4\xD5\xD6\xD7\xD8", {4, 8, 2, 3, 5, 9, 17});
                break;
            case 3:
            case 4:
            case 5:
                msgpack_text(out);
                break;
            case 6:
                out += one_of({"\xC4\x02zz", "\xC7\x01yz"});
                if (below(6) == 0) out.append("\xC5\0\1z", 4);
                break;
            case 7:
                head(out, count, 0x80, '\xDE');
                for (std::size_t item = 0; item < count * 2; ++item) msgpack(out, depth + 1);
                break;
            default:
                head(out, count, 0x90, '\xDC');
                for (std::size_t item = 0; item < count; ++item) msgpack(out, depth + 1);
        }
    }

    // Changes up to two bytes after the first, mostly to those that mean something.
    void damage(std::string& text, std::string_view bytes) {
        for (std::size_t left = below(3); left != 0; --left) {
            char& byte = text[1 + below(text.size() - 1)];
            byte = below(4) == 0 ? static_cast<char>(random_()) : bytes[below(bytes.size())];
        }
    }

private:
    std::string_view one_of(std::initializer_list<std::string_view> choices) {
        return choices.begin()[below(choices.size())];
    }

    void space(std::string& out) {
        if (below(4) == 0) out += one_of({" ", "  ", "\n\t", "\r\n      ", "          "});
    }

    void json_text(std::string& out) {
        out += '"';
        for (std::size_t part = below(6); part != 0; --part) {
            out += one_of({"name", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "\\n", "{[,:]}",
                           "\u043f\u0440\u0438", "\u671b", "\U0001F52D", "x",
                           "a long run of plain text that fills more than one whole block of "
                           "sixty-four bytes, so that it is skipped as text, up to this place"});
        }
        out += '"';
    }

    void json_items(std::string& out, int depth, char open, char close) {
        out += open;
        const std::size_t count = below(5);
        if (count == 0) space(out);
        for (std::size_t item = 0; item < count; ++item) {
            if (item != 0) out += ',';
            if (open == '{') {
                space(out);
                json_text(out);
                space(out);
                out += ':';
            }
            json(out, depth + 1);
        }
        out += close;
    }

    void with_bytes(std::string& out, std::string_view marks,
                    std::initializer_list<std::size_t> sizes) {
        const std::size_t choice = below(sizes.size());
        out += marks[choice];
        out.append(sizes.begin()[choice], static_cast<char>(random_()));
    }

    void msgpack_text(std::string& out) {
        std::string text;
        for (std::size_t part = below(5); part != 0; --part) {
            text += one_of({"name", "\u043f\u0440\u0438", "\u671b\u9060", "\U0001F52D", "x",
                            "text that is longer than thirty-one bytes"});
        }
        if (text.size() < 32 && below(3) != 0) {
            out += static_cast<char>(0xA0 + text.size());
        } else if (text.size() < 256 && below(2) == 0) {
            out += '\xD9';
            out += static_cast<char>(text.size());
        } else {
            out += '\xDA';
            out += static_cast<char>(text.size() >> 8);
            out += static_cast<char>(text.size());
        }
        out += text;
    }

    void head(std::string& out, std::size_t count, int few, char many) {
        if (below(4) != 0) {
            out += static_cast<char>(few + static_cast<int>(count));
            return;
        }
        out += many;
        out += '\0';
        out += static_cast<char>(count);
    }

    std::mt19937 random_;
};

inline MessageLimits tight_limits(PayloadWriter& writer) {
    MessageLimits limits;
    if (writer.below(2) == 0) limits.elements = 1 + writer.below(24);
    if (writer.below(2) == 0) limits.depth = 1 + writer.below(7);
    return limits;
}

inline void expect_same_for_random_json(InstructionSet set) {
    PayloadWriter writer(1);
    for (int round = 0; round < 60'000; ++round) {
        std::string text = "[" + std::string(writer.below(70), ' ');
        writer.json(text, 0);
        while (writer.below(3) != 0) {
            text += ',';
            writer.json(text, 0);
        }
        text += ']';
        ASSERT_TRUE(skips_alike(Serializer::json, text, set)) << text;
        // What follows is not part of the value.
        if (writer.below(3) == 0) text += "\r\n,{\"k\":tru\\";
        ASSERT_TRUE(skips_alike(Serializer::json, text, set, tight_limits(writer))) << text;
        writer.damage(text, "{}[],:\"\\ \t0129-+.eEtrufalsn\x01\x7F\x80\xC3\xA9");
        if (writer.below(4) == 0) text.resize(1 + writer.below(text.size()));
        ASSERT_TRUE(skips_alike(Serializer::json, text, set, tight_limits(writer))) << text;
    }
}

// Each literal with each of its letters changed, and one letter more or less, at every place.
inline void expect_same_for_literals(InstructionSet set) {
    constexpr std::string_view letters = "truefalsn1\",]} ";
    for (std::size_t place = 0; place < 130; ++place) {
        for (const std::string_view literal : {"true", "false", "null"}) {
            for (std::size_t index = 0; index <= literal.size(); ++index) {
                for (const char letter : letters) {
                    std::string text = "[1," + std::string(place, ' ') + std::string(literal) + "]";
                    text[text.size() - 1 - literal.size() + index] = letter;
                    if (index == literal.size()) text += ']';
                    ASSERT_TRUE(skips_alike(Serializer::json, text, set)) << text;
                }
            }
        }
    }
}

inline void expect_same_json(InstructionSet set) {
    expect_same_for_all("[]{},:\"a1 \\", 5, set);
    expect_same_for_all("01-+.eE", 5, set);
    expect_same_for_literals(set);
    expect_same_for_random_json(set);
}

inline void expect_same_msgpack(InstructionSet set) {
    for (unsigned first = 0; first < 256; ++first) {  // all beginnings of a token, cut everywhere
        for (unsigned second = 0; second < 256; ++second) {
            std::string text = {'\x91', static_cast<char>(first), static_cast<char>(second)};
            for (const std::size_t more : {0U, 1U, 2U, 7U, 15U, 31U, 32U, 70U}) {
                text.resize(3);
                text.append(more, '\x01');
                ASSERT_TRUE(skips_alike(Serializer::msgpack, text, set)) << first << " " << second;
            }
        }
    }
    PayloadWriter writer(2);
    for (int round = 0; round < 60'000; ++round) {
        std::string text = "\x93";
        for (int item = 0; item < 3; ++item) writer.msgpack(text, 0);
        ASSERT_TRUE(skips_alike(Serializer::msgpack, text, set)) << round;
        if (writer.below(2) == 0) text.append(40, '\x01');  // not part of the value
        ASSERT_TRUE(skips_alike(Serializer::msgpack, text, set, tight_limits(writer))) << round;
        writer.damage(text, "\x80\x81\x90\x92\xA0\xA1\xA7\xBF\xC1\xC7\xCB\xD9\xDD\xDF\xE0\xF4");
        if (writer.below(4) == 0) text.resize(1 + writer.below(text.size()));
        ASSERT_TRUE(skips_alike(Serializer::msgpack, text, set, tight_limits(writer))) << round;
    }
}

}  // namespace sallyport::wamp
