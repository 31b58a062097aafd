#include "wamp/base/base64.h"

#include <array>
#include <cstdint>

namespace sallyport::wamp {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xFF;

consteval std::array<std::uint8_t, 256> make_digits() {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(no_digit);
    for (std::size_t value = 0; value < alphabet.size(); ++value) {
        digits[static_cast<unsigned char>(alphabet[value])] = static_cast<std::uint8_t>(value);
    }
    return digits;
}

constexpr std::array<std::uint8_t, 256> digits = make_digits();

std::uint32_t digit(char c) noexcept {
    return digits[static_cast<unsigned char>(c)];
}

std::uint32_t octet(char c) noexcept {
    return static_cast<unsigned char>(c);
}

char low_octet(std::uint32_t value) noexcept {
    return static_cast<char>(value & 0xFF);
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
    const std::size_t begin = out.size();
    out.resize(begin + (bytes.size() + 2) / 3 * 4, '=');
    char* to = out.data() + begin;
    std::size_t at = 0;
    for (; at + 3 <= bytes.size(); at += 3) {
        const std::uint32_t group =
            (octet(bytes[at]) << 16) | (octet(bytes[at + 1]) << 8) | octet(bytes[at + 2]);
        *to++ = alphabet[group >> 18];
        *to++ = alphabet[(group >> 12) & 63];
        *to++ = alphabet[(group >> 6) & 63];
        *to++ = alphabet[group & 63];
    }
    const std::size_t left = bytes.size() - at;
    if (left == 0) return;
    std::uint32_t group = octet(bytes[at]) << 16;
    if (left == 2) group |= octet(bytes[at + 1]) << 8;
    *to++ = alphabet[group >> 18];
    *to++ = alphabet[(group >> 12) & 63];
    if (left == 2) *to = alphabet[(group >> 6) & 63];
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    append_base64(text, bytes);
    return text;
}

std::string to_base64(std::span<const std::uint8_t> bytes) {
    std::string text;
    append_base64(text, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string bytes;
    if (!append_from_base64(bytes, text)) return std::nullopt;
    return bytes;
}

bool append_from_base64(std::string& out, std::string_view text) {
    if (text.size() % 4 != 0) return false;
    if (text.empty()) return true;
    const std::size_t padding = text[text.size() - 1] != '='   ? 0U
                                : text[text.size() - 2] != '=' ? 1U
                                                               : 2U;
    const std::size_t begin = out.size();
    const auto refuse = [&out, begin] {
        out.resize(begin);
        return false;
    };
    out.resize(begin + text.size() / 4 * 3);
    char* to = out.data() + begin;
    const std::size_t whole = padding == 0 ? text.size() : text.size() - 4;
    std::size_t at = 0;
    for (; at < whole; at += 4) {
        const std::uint32_t a = digit(text[at]);
        const std::uint32_t b = digit(text[at + 1]);
        const std::uint32_t c = digit(text[at + 2]);
        const std::uint32_t d = digit(text[at + 3]);
        if (((a | b | c | d) & 0xC0) != 0) return refuse();
        const std::uint32_t group = (a << 18) | (b << 12) | (c << 6) | d;
        *to++ = low_octet(group >> 16);
        *to++ = low_octet(group >> 8);
        *to++ = low_octet(group);
    }
    if (padding == 0) return true;
    const std::uint32_t a = digit(text[at]);
    const std::uint32_t b = digit(text[at + 1]);
    const std::uint32_t c = padding == 1 ? digit(text[at + 2]) : 0;
    const std::uint32_t left_over = padding == 1 ? c & 0x03 : b & 0x0F;
    if (((a | b | c) & 0xC0) != 0 || left_over != 0) return refuse();
    const std::uint32_t group = (a << 18) | (b << 12) | (c << 6);
    *to++ = low_octet(group >> 16);
    if (padding == 1) *to = low_octet(group >> 8);
    out.resize(out.size() - padding);
    return true;
}

}  // namespace sallyport::wamp
