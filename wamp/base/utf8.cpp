#include "wamp/base/utf8.h"

#include <cstring>

#include "wamp/base/by_instruction_set.h"
#include "wamp/base/utf8_vector.h"

namespace sallyport::wamp {
namespace {

// Below this size the scalar code is faster.
constexpr std::size_t vector_bytes_min = 32;

bool is_valid_utf8_by_sequences(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (static_cast<unsigned char>(*at) < 0x80) {
            at = skip_ascii(at, end);
            continue;
        }
        const std::size_t bytes = utf8_sequence_bytes(at, end);
        if (bytes == 0) return false;
        at += bytes;
    }
    return true;
}

}  // namespace

const char* skip_ascii(const char* at, const char* end) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080u;
    while (end - at >= 32) {
        std::uint64_t words[4];
        std::memcpy(words, at, sizeof(words));
        if (((words[0] | words[1] | words[2] | words[3]) & high_bits) != 0) break;
        at += 32;
    }
    while (end - at >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof(word));
        if ((word & high_bits) != 0) break;
        at += 8;
    }
    while (at != end && static_cast<unsigned char>(*at) < 0x80) ++at;
    return at;
}

bool is_valid_utf8(std::string_view text, InstructionSet set) noexcept {
    if (text.size() < vector_bytes_min) return is_valid_utf8_by_sequences(text);
    return by_instruction_set(
        set, [=](auto) { return is_valid_utf8_by_sequences(text); },
        [=](auto) { return is_valid_utf8_sse42(text.data(), text.size()); },
        [=](auto) { return is_valid_utf8_avx2(text.data(), text.size()); },
        [=](auto) { return is_valid_utf8_neon(text.data(), text.size()); });
}

char32_t take_code_point(std::string_view& text) noexcept {
    const auto byte = [&](std::size_t index) {
        return static_cast<char32_t>(static_cast<unsigned char>(text[index]));
    };
    const char32_t first = byte(0);
    std::size_t bytes = 1;
    char32_t code_point = first;
    if (first >= 0xF0) {
        bytes = 4;
        code_point = first & 0x07;
    } else if (first >= 0xE0) {
        bytes = 3;
        code_point = first & 0x0F;
    } else if (first >= 0x80) {
        bytes = 2;
        code_point = first & 0x1F;
    }
    for (std::size_t index = 1; index < bytes && index < text.size(); ++index) {
        code_point = (code_point << 6) | (byte(index) & 0x3F);
    }
    text.remove_prefix(bytes < text.size() ? bytes : text.size());
    return code_point;
}

void append_utf8(std::string& out, char32_t code_point) {
    const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte & 0xFF)); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0 | (code_point >> 6));
        put(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
        put(0xE0 | (code_point >> 12));
        put(0x80 | ((code_point >> 6) & 0x3F));
        put(0x80 | (code_point & 0x3F));
    } else {
        put(0xF0 | (code_point >> 18));
        put(0x80 | ((code_point >> 12) & 0x3F));
        put(0x80 | ((code_point >> 6) & 0x3F));
        put(0x80 | (code_point & 0x3F));
    }
}

}  // namespace sallyport::wamp
