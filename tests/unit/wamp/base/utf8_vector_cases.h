#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "wamp/base/utf8.h"

namespace sallyport::wamp {

using ValidateUtf8 = bool (*)(const char* at, std::size_t bytes) noexcept;

// A copy of exactly its size on the heap, so that the address sanitizer sees a read beyond it.
inline bool validate_copy(ValidateUtf8 validate, std::string_view text, std::size_t offset) {
    const auto copy = std::make_unique<char[]>(offset + text.size());
    std::copy(text.begin(), text.end(), copy.get() + offset);
    return validate(copy.get() + offset, text.size());
}

inline bool is_valid_by_sequences(std::string_view text) {
    return is_valid_utf8(text, InstructionSet::scalar);
}

inline std::string many_languages() {
    std::string text;
    while (text.size() < 200) text += "a\u00e9\u043f\u0440\u0438 \u671b\u9060\u93e1 \U0001F52D~";
    return text;
}

// All short sequences of the bytes at the edges of Unicode table 3-7, across every boundary of a
// vector or block.
inline void expect_same_for_edges(ValidateUtf8 validate) {
    constexpr std::array<unsigned char, 23> edges = {0x00, 0x22, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                                     0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED,
                                                     0xEE, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
    for (const std::size_t place : {0U, 13U, 15U, 30U, 61U, 62U, 63U, 66U}) {
        std::string text(70, 'a');
        for (const unsigned char a : edges) {
            for (const unsigned char b : edges) {
                for (const unsigned char c : edges) {
                    for (const unsigned char d : edges) {
                        text[place] = static_cast<char>(a);
                        text[place + 1] = static_cast<char>(b);
                        text[place + 2] = static_cast<char>(c);
                        text[place + 3] = static_cast<char>(d);
                        ASSERT_EQ(validate(text.data(), text.size()), is_valid_by_sequences(text))
                            << place << " " << int{a} << " " << int{b} << " " << int{c} << " "
                            << int{d};
                    }
                }
            }
        }
    }
}

inline void expect_same_for_every_size_and_alignment(ValidateUtf8 validate) {
    const std::string text = many_languages();
    for (std::size_t size = 0; size <= 130; ++size) {
        for (std::size_t offset = 0; offset < 64; ++offset) {
            const std::string_view part = std::string_view(text).substr(0, size);
            ASSERT_EQ(validate_copy(validate, part, offset), is_valid_by_sequences(part))
                << size << " " << offset;
        }
    }
}

inline void expect_same_for_damaged_text(ValidateUtf8 validate) {
    std::mt19937 random(1);
    const std::string text = many_languages();
    for (int round = 0; round < 100'000; ++round) {
        std::string damaged = text.substr(random() % 20, random() % 150);
        for (auto left = random() % 3; left != 0 && !damaged.empty(); --left) {
            damaged[random() % damaged.size()] = static_cast<char>(random());
        }
        ASSERT_EQ(validate_copy(validate, damaged, 0), is_valid_by_sequences(damaged)) << round;
    }
}

inline void expect_validates_as_the_scalar_code(ValidateUtf8 validate) {
    expect_same_for_edges(validate);
    expect_same_for_every_size_and_alignment(validate);
    expect_same_for_damaged_text(validate);
}

}  // namespace sallyport::wamp
