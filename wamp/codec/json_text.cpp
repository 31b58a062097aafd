#include "wamp/codec/json_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <system_error>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "wamp/base/base64.h"
#include "wamp/base/utf8.h"

namespace sallyport::wamp {
namespace {

// The first bytes of a string are validated one by one, as most strings have no more.
constexpr std::ptrdiff_t long_text_bytes = 48;

bool is_plain(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The value of the four digits of \uXXXX at `at`, or -1.
std::int32_t hex_unit(const char* at, const char* end) noexcept {
    if (end - at < 4) return -1;
    std::int32_t unit = 0;
    for (int index = 0; index < 4; ++index) {
        const int digit = hex_digit(at[index]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

constexpr bool is_high_surrogate(std::int32_t unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}
constexpr bool is_low_surrogate(std::int32_t unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

std::size_t utf8_bytes(std::int32_t unit) noexcept {
    return unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
}

// Appends the character of the escape at `at` and returns the byte after it. The escape was
// validated before.
const char* append_escape(std::string& out, const char* at, const char* end) {
    switch (at[1]) {
        case 'b':
            out.push_back('\b');
            return at + 2;
        case 'f':
            out.push_back('\f');
            return at + 2;
        case 'n':
            out.push_back('\n');
            return at + 2;
        case 'r':
            out.push_back('\r');
            return at + 2;
        case 't':
            out.push_back('\t');
            return at + 2;
        case 'u':
            break;
        default:
            out.push_back(at[1]);
            return at + 2;
    }
    const std::int32_t unit = hex_unit(at + 2, end);
    if (!is_high_surrogate(unit)) {
        append_utf8(out, static_cast<char32_t>(unit));
        return at + 6;
    }
    const std::int32_t low = hex_unit(at + 8, end);
    append_utf8(out, static_cast<char32_t>(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)));
    return at + 12;
}

void append_escaped_control(std::string& out, char c) {
    constexpr std::string_view hex = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += "\\u00";
    out.push_back(hex[byte >> 4]);
    out.push_back(hex[byte & 15]);
}

// Distinguishes a number that is too small for double from one that is too large.
bool is_below_one(std::string_view text) noexcept {
    const std::size_t mark = text.find_first_of("eE");
    const std::string_view digits = text.substr(0, mark);
    const std::size_t first = digits.find_first_not_of("-0.");
    if (first == std::string_view::npos) return true;
    std::int64_t exponent = 0;
    if (mark != std::string_view::npos) {
        std::string_view written = text.substr(mark + 1);
        const bool negative = written.starts_with('-');
        if (negative || written.starts_with('+')) written.remove_prefix(1);
        const auto parsed =
            std::from_chars(written.data(), written.data() + written.size(), exponent);
        // No text in memory has enough digits to compensate for such an exponent.
        if (parsed.ec != std::errc{} || exponent > (std::int64_t{1} << 48)) return negative;
        if (negative) exponent = -exponent;
    }
    const std::size_t point =
        digits.find('.') == std::string_view::npos ? digits.size() : digits.find('.');
    const auto place = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    return (first < point ? place - 1 : place) + exponent < 0;
}

}  // namespace

const char* skip_json_plain_by_words(const char* at, const char* end) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101u;
    constexpr std::uint64_t high = 0x8080808080808080u;
    while (end - at >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof(word));
        // A byte that is zero after the xor, or below 0x20, borrows into its own high bit.
        const std::uint64_t quote = word ^ (ones * 0x22);
        const std::uint64_t backslash = word ^ (ones * 0x5C);
        const std::uint64_t found =
            (quote - ones) | (backslash - ones) | (word - ones * 0x20) | word;
        if ((found & high) != 0) break;
        at += 8;
    }
    while (at != end && is_plain(*at)) ++at;
    return at;
}

const char* skip_json_plain(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i first_plain = _mm_set1_epi8(0x20);
    while (end - at >= 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        // As signed bytes, non-ASCII bytes are below 0x20 too.
        const __m128i found = _mm_or_si128(
            _mm_cmplt_epi8(bytes, first_plain),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
        if (mask != 0) return at + std::countr_zero(mask);
        at += 16;
    }
#endif
    return skip_json_plain_by_words(at, end);
}

const char* skip_json_text(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i last_control = _mm_set1_epi8(0x1F);
    while (end - at >= 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const __m128i found = _mm_or_si128(
            _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
        if (mask != 0) return at + std::countr_zero(mask);
        at += 16;
    }
#endif
    while (at != end && (is_plain(*at) || static_cast<unsigned char>(*at) >= 0x80)) ++at;
    return at;
}

const char* scan_json_escape(const char* at, const char* end, std::size_t& decoded_bytes) noexcept {
    if (end - at < 2) return nullptr;
    switch (at[1]) {
        case '"':
        case '\\':
        case '/':
        case 'b':
        case 'f':
        case 'n':
        case 'r':
        case 't':
            decoded_bytes = 1;
            return at + 2;
        case 'u':
            break;
        default:
            return nullptr;
    }
    const std::int32_t unit = hex_unit(at + 2, end);
    if (unit < 0 || is_low_surrogate(unit)) return nullptr;
    if (!is_high_surrogate(unit)) {
        decoded_bytes = utf8_bytes(unit);
        return at + 6;
    }
    if (end - at < 12 || at[6] != '\\' || at[7] != 'u') return nullptr;
    if (!is_low_surrogate(hex_unit(at + 8, end))) return nullptr;
    decoded_bytes = 4;
    return at + 12;
}

const char* scan_json_string(const char* at, const char* end, JsonString& string,
                             InstructionSet set) noexcept {
    const char* const begin = at;
    std::size_t saved = 0;
    string.escaped = false;
    while (true) {
        at = skip_json_plain(at, end);
        if (at == end) return nullptr;
        if (*at == '"') break;
        if (*at == '\\') {
            std::size_t decoded = 0;
            const char* after = scan_json_escape(at, end, decoded);
            if (after == nullptr) return nullptr;
            saved += static_cast<std::size_t>(after - at) - decoded;
            string.escaped = true;
            at = after;
            continue;
        }
        if (static_cast<unsigned char>(*at) < 0x20) return nullptr;
        if (at - begin >= long_text_bytes) {
            const char* const stop = skip_json_text(at, end);
            if (!is_valid_utf8({at, static_cast<std::size_t>(stop - at)}, set)) return nullptr;
            at = stop;
            continue;
        }
        do {
            const std::size_t bytes = utf8_sequence_bytes(at, end);
            if (bytes == 0) return nullptr;
            at += bytes;
        } while (at != end && static_cast<unsigned char>(*at) >= 0x80 &&
                 at - begin < long_text_bytes);
    }
    string.raw = {begin, static_cast<std::size_t>(at - begin)};
    string.decoded_bytes = string.raw.size() - saved;
    return at + 1;
}

void append_unescaped(std::string& out, std::string_view raw) {
    const char* at = raw.data();
    const char* const end = at + raw.size();
    while (at != end) {
        const void* found = std::memchr(at, '\\', static_cast<std::size_t>(end - at));
        if (found == nullptr) {
            out.append(at, end);
            return;
        }
        const char* backslash = static_cast<const char*>(found);
        out.append(at, backslash);
        at = append_escape(out, backslash, end);
    }
}

bool append_json_binary(std::string& out, const JsonString& string) {
    std::string_view text = string.raw.substr(json_binary_mark.size());
    if (text.find('\\') == std::string_view::npos) return append_from_base64(out, text);
    std::string unescaped;  // some encoders escape every slash
    append_unescaped(unescaped, text);
    return append_from_base64(out, unescaped);
}

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    const char* at = text.data();
    const char* const end = at + text.size();
    while (true) {
        const char* const begin = at;
        at = skip_json_plain(at, end);
        while (at != end && static_cast<unsigned char>(*at) >= 0x80) {
            do ++at;
            while (at != end && static_cast<unsigned char>(*at) >= 0x80);
            at = skip_json_plain(at, end);
        }
        out.append(begin, at);
        if (at == end) break;
        append_escaped_control(out, *at++);
    }
    out.push_back('"');
}

const char* scan_json_number(const char* at, const char* end, bool& integral) noexcept {
    const auto skip_digits = [&at, end] {
        const char* const begin = at;
        while (at != end && is_digit(*at)) ++at;
        return at != begin;
    };
    integral = true;
    if (at != end && *at == '-') ++at;
    if (at == end || !is_digit(*at)) return nullptr;
    if (*at == '0') {
        ++at;
    } else {
        skip_digits();
    }
    if (at != end && *at == '.') {
        integral = false;
        ++at;
        if (!skip_digits()) return nullptr;
    }
    if (at != end && (*at == 'e' || *at == 'E')) {
        integral = false;
        ++at;
        if (at != end && (*at == '+' || *at == '-')) ++at;
        if (!skip_digits()) return nullptr;
    }
    return at;
}

JsonNumber json_number(std::string_view text, bool integral) noexcept {
    JsonNumber number;
    const char* const end = text.data() + text.size();
    if (integral && text.front() != '-') {
        const auto parsed = std::from_chars(text.data(), end, number.unsigned_integer);
        if (parsed.ec == std::errc{}) number.kind = JsonNumber::Kind::unsigned_integer;
        return number;
    }
    if (integral) {
        const auto parsed = std::from_chars(text.data(), end, number.negative_integer);
        if (parsed.ec != std::errc{}) return number;
        // "-0" is the integer zero.
        number.kind = number.negative_integer == 0 ? JsonNumber::Kind::unsigned_integer
                                                   : JsonNumber::Kind::negative_integer;
        return number;
    }
    const auto parsed = std::from_chars(text.data(), end, number.floating);
    if (parsed.ec == std::errc{}) {
        number.kind = JsonNumber::Kind::floating;
    } else if (is_below_one(text)) {
        number.floating = text.front() == '-' ? -0.0 : 0.0;
        number.kind = JsonNumber::Kind::floating;
    }
    return number;
}

void append_json_double(std::string& out, double value) {
    std::array<char, 32> buffer{};
    const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    const std::string_view text(buffer.data(),
                                static_cast<std::size_t>(written.ptr - buffer.data()));
    out += text;
    if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

}  // namespace sallyport::wamp
