#include "tests/bench/load_message.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace sallyport::bench {
namespace {

void put_big_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = bytes; i > 0; --i)
        out.push_back(static_cast<char>(value >> (8 * (i - 1)) & 0xFF));
}

/// The head of a MessagePack list (0x90, 0xDC) or map (0x80, 0xDE).
void put_count(std::string& out, std::size_t count, unsigned small, unsigned large) {
    if (count < 16) {
        out.push_back(static_cast<char>(small | count));
    } else {
        out.push_back(static_cast<char>(large));
        put_big_endian(out, count, 2);
    }
}

void put_uint(std::string& out, std::uint64_t value) {
    if (value < 128) {
        out.push_back(static_cast<char>(value));
    } else if (value <= 0xFFFFFFFF) {
        out.push_back(static_cast<char>(0xCE));
        put_big_endian(out, value, 4);
    } else {
        out.push_back(static_cast<char>(0xCF));
        put_big_endian(out, value, 8);
    }
}

/// The head of a value of CBOR: `major` is 0 for numbers, 3 for text, 4 for lists, 5 for maps.
void put_head(std::string& out, unsigned major, std::uint64_t number) {
    const unsigned bytes = number < 24 ? 0U : number < 256 ? 1U : number < 65536 ? 2U : 4U;
    constexpr std::array<unsigned, 5> codes{0, 24, 25, 0, 26};
    out.push_back(static_cast<char>(major << 5U | (bytes == 0 ? number : codes[bytes])));
    put_big_endian(out, number, bytes);
}

template <typename Number>
void put_decimal(std::string& out, Number value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    out.append(digits.begin(), end);
}

}  // namespace

void fail(const std::string& what) {
    std::fprintf(stderr, "load: %s\n", what.c_str());
    std::exit(1);
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes.substr(0, 120)) {
        if (c >= 32 && c < 127) {
            text.push_back(c);
        } else {
            std::array<char, 8> buffer{};
            std::snprintf(buffer.data(), buffer.size(), "\\x%02x",
                          static_cast<unsigned>(static_cast<unsigned char>(c)));
            text += buffer.data();
        }
    }
    return text;
}

std::string Encoding::uint(std::uint64_t value) const {
    std::string out;
    if (json()) {
        put_decimal(out, value);
    } else if (serializer_ == Serializer::cbor) {
        put_head(out, 0, value);
    } else {
        put_uint(out, value);
    }
    return out;
}

std::string Encoding::real(double value) const {
    std::string out;
    if (json()) {
        put_decimal(out, value);
    } else {
        out.push_back(static_cast<char>(serializer_ == Serializer::cbor ? 0xFB : 0xCB));
        put_big_endian(out, std::bit_cast<std::uint64_t>(value), 8);
    }
    return out;
}

std::string Encoding::yes() const {
    return json() ? "true" : serializer_ == Serializer::cbor ? "\xF5" : "\xC3";
}

std::string Encoding::text(std::string_view text) const {
    std::string out;
    if (json()) return out.append("\"").append(text).append("\"");
    if (serializer_ == Serializer::cbor) {
        put_head(out, 3, text.size());
    } else if (text.size() < 32) {
        out.push_back(static_cast<char>(0xA0 | text.size()));
    } else {
        out.push_back(static_cast<char>(0xDB));
        put_big_endian(out, text.size(), 4);
    }
    return out.append(text);
}

std::string Encoding::joined(const std::vector<std::string>& elements) const {
    std::string out;
    for (const std::string& element : elements) {
        if (json() && !out.empty()) out.push_back(',');
        out += element;
    }
    return out;
}

std::string Encoding::list(const std::vector<std::string>& elements) const {
    if (json()) return "[" + joined(elements) + "]";
    std::string out;
    if (serializer_ == Serializer::cbor) {
        put_head(out, 4, elements.size());
    } else {
        put_count(out, elements.size(), 0x90, 0xDC);
    }
    return out + joined(elements);
}

std::string Encoding::map(const std::vector<std::pair<std::string, std::string>>& pairs) const {
    std::vector<std::string> members;
    members.reserve(pairs.size());
    for (const auto& [key, value] : pairs)
        members.push_back(text(key) + (json() ? ":" : "") + value);
    if (json()) return "{" + joined(members) + "}";
    std::string out;
    if (serializer_ == Serializer::cbor) {
        put_head(out, 5, pairs.size());
    } else {
        put_count(out, pairs.size(), 0x80, 0xDE);
    }
    return out + joined(members);
}

void put_message(std::string& out, Serializer serializer, std::uint64_t code, std::uint64_t id,
                 std::size_t more, std::string_view elements) {
    out.clear();
    if (serializer == Serializer::cbor) {
        put_head(out, 4, 2 + more);
        put_head(out, 0, code);
        put_head(out, 0, id);
        out += elements;
        return;
    }
    if (serializer == Serializer::msgpack) {
        put_count(out, 2 + more, 0x90, 0xDC);
        put_uint(out, code);
        put_uint(out, id);
        out += elements;
        return;
    }
    out.push_back('[');
    put_decimal(out, code);
    out.push_back(',');
    put_decimal(out, id);
    out.push_back(',');
    out += elements;
    out.push_back(']');
}

std::string_view Reader::take(std::size_t count) {
    if (data_.size() < count) fail("a message ends too early");
    const std::string_view taken = data_.substr(0, count);
    data_.remove_prefix(count);
    return taken;
}

std::uint8_t Reader::byte() {
    return static_cast<std::uint8_t>(take(1).front());
}

std::uint64_t Reader::big_endian(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
}

std::uint64_t Reader::cbor_number(std::uint8_t first) {
    const unsigned code = first & 31U;
    if (code < 24) return code;
    if (code > 27) fail("a length that this reader does not know");
    return big_endian(std::size_t{1} << (code - 24));
}

void Reader::array() {
    const std::uint8_t first = byte();
    if (json()) {
        if (first != '[' || !data_.ends_with(']')) fail("no array where one is due");
        data_.remove_suffix(1);
    } else if (serializer_ == Serializer::cbor && first >> 5U == 4) {
        left_ = cbor_number(first);
    } else if ((first & 0xF0) == 0x90) {
        left_ = first & 15U;
    } else if (first == 0xDC) {
        left_ = big_endian(2);
    } else {
        fail("no array where one is due");
    }
}

void Reader::after_element() {
    if (left_ > 0) --left_;
    if (json() && data_.starts_with(',')) data_.remove_prefix(1);
}

std::uint64_t Reader::uint() {
    std::uint64_t value = 0;
    if (serializer_ == Serializer::cbor) {
        const std::uint8_t first = byte();
        if (first >> 5U != 0) fail("no integer where one is due");
        value = cbor_number(first);
    } else if (json()) {
        const auto [end, error] = std::from_chars(data_.data(), data_.data() + data_.size(), value);
        if (error != std::errc{}) fail("no integer where one is due");
        data_.remove_prefix(static_cast<std::size_t>(end - data_.data()));
    } else {
        value = byte();
        if (value >= 0xCC && value <= 0xCF) {
            value = big_endian(std::size_t{1} << (value - 0xCC));
        } else if (value >= 128) {
            fail("no integer where one is due");
        }
    }
    after_element();
    return value;
}

void Reader::skip() {
    if (json()) {
        skip_json();
    } else if (serializer_ == Serializer::cbor) {
        skip_cbor();
    } else {
        skip_msgpack();
    }
    after_element();
}

void Reader::skip_json() {
    std::size_t open = 0;
    bool quoted = false;
    while (!data_.empty()) {
        const char c = data_.front();
        if (quoted) {
            if (c == '\\') take(1);
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            ++open;
        } else if (c == ']' || c == '}') {
            --open;
        } else if (c == ',' && open == 0) {
            return;
        }
        take(1);
    }
}

void Reader::skip_msgpack() {
    std::uint64_t values = 1;
    while (values-- > 0) {
        const std::uint8_t b = byte();
        if (b < 0x80 || b >= 0xE0 || (b >= 0xC0 && b <= 0xC3)) continue;
        if (b < 0x90)
            values += 2U * (b & 15U);
        else if (b < 0xA0)
            values += b & 15U;
        else if (b < 0xC0)
            take(b & 31U);
        else if (b >= 0xC4 && b <= 0xC6)
            take(big_endian(std::size_t{1} << (b - 0xC4)));
        else if (b == 0xCA)
            take(4);
        else if (b == 0xCB)
            take(8);
        else if (b >= 0xCC && b <= 0xD3)
            take(std::size_t{1} << ((b - 0xCC) & 3));
        else if (b >= 0xD9 && b <= 0xDB)
            take(big_endian(std::size_t{1} << (b - 0xD9)));
        else if (b == 0xDC || b == 0xDD)
            values += big_endian(b == 0xDC ? 2 : 4);
        else if (b == 0xDE || b == 0xDF)
            values += 2 * big_endian(b == 0xDE ? 2 : 4);
        else
            fail("a type that this reader does not know");
    }
}

void Reader::skip_cbor() {
    std::uint64_t values = 1;
    while (values-- > 0) {
        const std::uint8_t first = byte();
        const std::uint64_t number = cbor_number(first);
        const unsigned major = first >> 5U;
        if (major == 2 || major == 3) take(number);
        if (major == 4) values += number;
        if (major == 5) values += 2 * number;
        if (major == 6) ++values;
    }
}

}  // namespace sallyport::bench
