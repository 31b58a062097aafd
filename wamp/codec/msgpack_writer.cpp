#include "wamp/codec/msgpack_writer.h"

#include <array>
#include <bit>
#include <limits>
#include <variant>

#include "wamp/base/check.h"

namespace sallyport::wamp {
namespace {

// The type byte, and the number in big-endian order.
template <class Number>
void append_marked(std::string& out, unsigned char mark, Number number) {
    std::array<char, 1 + sizeof(Number)> bytes{};
    bytes[0] = static_cast<char>(mark);
    std::uint64_t rest = number;
    for (std::size_t byte = sizeof(Number); byte > 0; --byte) {
        bytes[byte] = static_cast<char>(rest & 0xFF);
        rest >>= 8;
    }
    out.append(bytes.data(), bytes.size());
}

void append_byte(std::string& out, std::size_t byte) {
    out.push_back(static_cast<char>(byte & 0xFF));
}

void append_container(std::string& out, std::size_t count, unsigned char fixed,
                      unsigned char mark16) {
    SALLYPORT_CHECK(count <= std::numeric_limits<std::uint32_t>::max());
    if (count < 16) {
        append_byte(out, fixed | count);
    } else if (count <= 0xFFFF) {
        append_marked(out, mark16, static_cast<std::uint16_t>(count));
    } else {
        append_marked(out, static_cast<unsigned char>(mark16 + 1),
                      static_cast<std::uint32_t>(count));
    }
}

void append_size(std::string& out, std::size_t size, unsigned char mark8) {
    SALLYPORT_CHECK(size <= std::numeric_limits<std::uint32_t>::max());
    if (size <= 0xFF) {
        append_marked(out, mark8, static_cast<std::uint8_t>(size));
    } else if (size <= 0xFFFF) {
        append_marked(out, static_cast<unsigned char>(mark8 + 1), static_cast<std::uint16_t>(size));
    } else {
        append_marked(out, static_cast<unsigned char>(mark8 + 2), static_cast<std::uint32_t>(size));
    }
}

struct Writer {
    std::string& out;

    void operator()(std::monostate) const { append_msgpack_nil(out); }
    void operator()(bool flag) const { append_msgpack_boolean(out, flag); }
    void operator()(std::int64_t number) const { append_msgpack_negative(out, number); }
    void operator()(std::uint64_t number) const { append_msgpack_unsigned(out, number); }
    void operator()(double number) const { append_msgpack_double(out, number); }
    void operator()(const std::string& text) const { append_msgpack_text(out, text); }
    void operator()(const Bytes& bytes) const { append_msgpack_binary(out, bytes.data); }
    void operator()(const List& list) const { append_msgpack(out, list); }
    void operator()(const Dict& dict) const { append_msgpack(out, dict); }
};

}  // namespace

void append_msgpack_unsigned(std::string& out, std::uint64_t number) {
    if (number < 0x80) {
        append_byte(out, static_cast<std::size_t>(number));
    } else if (number <= 0xFF) {
        append_marked(out, 0xCC, static_cast<std::uint8_t>(number));
    } else if (number <= 0xFFFF) {
        append_marked(out, 0xCD, static_cast<std::uint16_t>(number));
    } else if (number <= 0xFFFFFFFF) {
        append_marked(out, 0xCE, static_cast<std::uint32_t>(number));
    } else {
        append_marked(out, 0xCF, number);
    }
}

void append_msgpack_negative(std::string& out, std::int64_t number) {
    if (number >= 0) {
        append_msgpack_unsigned(out, static_cast<std::uint64_t>(number));
    } else if (number >= -32) {
        out.push_back(static_cast<char>(number));
    } else if (number >= std::numeric_limits<std::int8_t>::min()) {
        append_marked(out, 0xD0, static_cast<std::uint8_t>(number));
    } else if (number >= std::numeric_limits<std::int16_t>::min()) {
        append_marked(out, 0xD1, static_cast<std::uint16_t>(number));
    } else if (number >= std::numeric_limits<std::int32_t>::min()) {
        append_marked(out, 0xD2, static_cast<std::uint32_t>(number));
    } else {
        append_marked(out, 0xD3, static_cast<std::uint64_t>(number));
    }
}

void append_msgpack_double(std::string& out, double number) {
    append_marked(out, 0xCB, std::bit_cast<std::uint64_t>(number));
}

void append_msgpack_boolean(std::string& out, bool flag) {
    append_byte(out, flag ? 0xC3 : 0xC2);
}

void append_msgpack_nil(std::string& out) {
    append_byte(out, 0xC0);
}

void append_msgpack_text(std::string& out, std::string_view text) {
    if (text.size() < 32) {
        append_byte(out, 0xA0 | text.size());
        out += text;
    } else {
        append_size(out, text.size(), 0xD9);
        out += text;
    }
}

void append_msgpack_binary(std::string& out, std::string_view bytes) {
    append_msgpack_binary_head(out, bytes.size());
    out += bytes;
}

void append_msgpack_binary_head(std::string& out, std::size_t bytes) {
    append_size(out, bytes, 0xC4);
}

void append_msgpack_array(std::string& out, std::size_t count) {
    append_container(out, count, 0x90, 0xDC);
}

void append_msgpack_map(std::string& out, std::size_t count) {
    append_container(out, count, 0x80, 0xDE);
}

void append_msgpack(std::string& out, const Value& value) {
    std::visit(Writer{out}, value.storage());
}

void append_msgpack(std::string& out, const List& list) {
    append_msgpack_array(out, list.size());
    for (const Value& item : list) append_msgpack(out, item);
}

void append_msgpack(std::string& out, const Dict& dict) {
    append_msgpack_map(out, dict.size());
    for (const Dict::Entry& entry : dict) {
        append_msgpack_text(out, entry.first);
        append_msgpack(out, entry.second);
    }
}

}  // namespace sallyport::wamp
