#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/instruction_set.h"

namespace sallyport::wamp {

/// The size of the well-formed UTF-8 sequence at `at` (Unicode table 3-7: no overlong forms, no
/// surrogates, nothing above U+10FFFF), or 0 if it is malformed. `at` is before `end`.
inline std::size_t utf8_sequence_bytes(const char* at, const char* end) noexcept {
    const auto byte = [at](std::size_t index) { return static_cast<unsigned char>(at[index]); };
    const auto continues = [&](std::size_t index) { return (byte(index) & 0xC0) == 0x80; };
    const auto left = static_cast<std::size_t>(end - at);
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xC2 || left < 2 || !continues(1)) return 0;
    if (first < 0xE0) return 2;
    if (left < 3 || !continues(2)) return 0;
    const unsigned char second = byte(1);
    if (first < 0xF0) {
        if (first == 0xE0 && second < 0xA0) return 0;
        if (first == 0xED && second > 0x9F) return 0;
        return 3;
    }
    if (first > 0xF4 || left < 4 || !continues(3)) return 0;
    if (first == 0xF0 && second < 0x90) return 0;
    if (first == 0xF4 && second > 0x8F) return 0;
    return 4;
}

/// The first byte at or after `at` that is not ASCII, or `end`.
const char* skip_ascii(const char* at, const char* end) noexcept;

/// `set` must be supported by this machine; tests compare one with another.
bool is_valid_utf8(std::string_view text, InstructionSet set = best_instruction_set()) noexcept;

/// Removes the well-formed sequence at the beginning of `text` and returns its code point. `text`
/// is not empty.
char32_t take_code_point(std::string_view& text) noexcept;

/// `code_point` is a Unicode scalar value: up to U+10FFFF, not a surrogate.
void append_utf8(std::string& out, char32_t code_point);

}  // namespace sallyport::wamp
