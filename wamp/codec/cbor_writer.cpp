#include "wamp/codec/cbor_writer.h"

#include <array>
#include <bit>
#include <variant>

namespace sallyport::wamp {
namespace {

// The initial bytes of the major types, with additional information 0 (RFC 8949 §3.1).
constexpr unsigned unsigned_type = 0x00;
constexpr unsigned negative_type = 0x20;
constexpr unsigned binary_type = 0x40;
constexpr unsigned text_type = 0x60;
constexpr unsigned array_type = 0x80;
constexpr unsigned map_type = 0xA0;
constexpr unsigned false_mark = 0xF4;
constexpr unsigned true_mark = 0xF5;
constexpr unsigned null_mark = 0xF6;
constexpr unsigned double_mark = 0xFB;

void append_byte(std::string& out, unsigned byte) {
    out.push_back(static_cast<char>(byte & 0xFFU));
}

// The initial byte, and the number in big-endian order.
template <class Number>
void append_marked(std::string& out, unsigned mark, Number number) {
    std::array<char, 1 + sizeof(Number)> bytes{};
    bytes[0] = static_cast<char>(mark);
    std::uint64_t rest = number;
    for (std::size_t byte = sizeof(Number); byte > 0; --byte) {
        bytes[byte] = static_cast<char>(rest & 0xFF);
        rest >>= 8;
    }
    out.append(bytes.data(), bytes.size());
}

void append_head(std::string& out, unsigned type, std::uint64_t argument) {
    if (argument < 24) {
        append_byte(out, type | static_cast<unsigned>(argument));
    } else if (argument <= 0xFF) {
        append_marked(out, type | 24U, static_cast<std::uint8_t>(argument));
    } else if (argument <= 0xFFFF) {
        append_marked(out, type | 25U, static_cast<std::uint16_t>(argument));
    } else if (argument <= 0xFFFFFFFF) {
        append_marked(out, type | 26U, static_cast<std::uint32_t>(argument));
    } else {
        append_marked(out, type | 27U, argument);
    }
}

struct Writer {
    std::string& out;

    void operator()(std::monostate) const { append_cbor_null(out); }
    void operator()(bool flag) const { append_cbor_boolean(out, flag); }
    void operator()(std::int64_t number) const { append_cbor_negative(out, number); }
    void operator()(std::uint64_t number) const { append_cbor_unsigned(out, number); }
    void operator()(double number) const { append_cbor_double(out, number); }
    void operator()(const std::string& text) const { append_cbor_text(out, text); }
    void operator()(const Bytes& bytes) const { append_cbor_binary(out, bytes.data); }
    void operator()(const List& list) const { append_cbor(out, list); }
    void operator()(const Dict& dict) const { append_cbor(out, dict); }
};

}  // namespace

void append_cbor_unsigned(std::string& out, std::uint64_t number) {
    append_head(out, unsigned_type, number);
}

void append_cbor_negative(std::string& out, std::int64_t number) {
    if (number >= 0) {
        append_cbor_unsigned(out, static_cast<std::uint64_t>(number));
    } else {
        append_head(out, negative_type, static_cast<std::uint64_t>(-1 - number));
    }
}

void append_cbor_double(std::string& out, double number) {
    append_marked(out, double_mark, std::bit_cast<std::uint64_t>(number));
}

void append_cbor_boolean(std::string& out, bool flag) {
    append_byte(out, flag ? true_mark : false_mark);
}

void append_cbor_null(std::string& out) {
    append_byte(out, null_mark);
}

void append_cbor_text(std::string& out, std::string_view text) {
    append_head(out, text_type, text.size());
    out += text;
}

void append_cbor_binary(std::string& out, std::string_view bytes) {
    append_head(out, binary_type, bytes.size());
    out += bytes;
}

void append_cbor_array(std::string& out, std::size_t count) {
    append_head(out, array_type, count);
}

void append_cbor_map(std::string& out, std::size_t count) {
    append_head(out, map_type, count);
}

void append_cbor(std::string& out, const Value& value) {
    std::visit(Writer{out}, value.storage());
}

void append_cbor(std::string& out, const List& list) {
    append_cbor_array(out, list.size());
    for (const Value& item : list) append_cbor(out, item);
}

void append_cbor(std::string& out, const Dict& dict) {
    append_cbor_map(out, dict.size());
    for (const Dict::Entry& entry : dict) {
        append_cbor_text(out, entry.first);
        append_cbor(out, entry.second);
    }
}

}  // namespace sallyport::wamp
