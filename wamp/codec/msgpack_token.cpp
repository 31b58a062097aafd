#include "wamp/codec/msgpack_token.h"

#include <bit>

namespace sallyport::wamp {
namespace {

using Kind = MsgpackToken::Kind;

class Cursor {
public:
    Cursor(const char* at, const char* end) noexcept : at_(at), end_(end) {}

    // Reads a big-endian number; false if the input is truncated.
    template <class Number>
    bool number(Number& out) noexcept {
        if (static_cast<std::size_t>(end_ - at_) < sizeof(Number)) return false;
        std::uint64_t value = 0;
        for (std::size_t byte = 0; byte < sizeof(Number); ++byte) {
            value = (value << 8) | static_cast<unsigned char>(at_[byte]);
        }
        at_ += sizeof(Number);
        out = static_cast<Number>(value);
        return true;
    }

    const char* bytes(Kind kind, std::uint64_t size, MsgpackToken& token) noexcept {
        if (static_cast<std::uint64_t>(end_ - at_) < size) return nullptr;
        token.kind = kind;
        token.bytes = {at_, static_cast<std::size_t>(size)};
        return at_ + size;
    }

    const char* container(Kind kind, std::uint32_t count, MsgpackToken& token) noexcept {
        const std::uint64_t items = kind == Kind::map ? std::uint64_t{count} * 2 : count;
        if (static_cast<std::uint64_t>(end_ - at_) < items) return nullptr;
        token.kind = kind;
        token.count = count;
        return at_;
    }

    template <class Length>
    const char* sized_bytes(Kind kind, std::size_t more, MsgpackToken& token) noexcept {
        Length length = 0;
        if (!number(length)) return nullptr;
        return bytes(kind, std::uint64_t{length} + more, token);
    }

    template <class Length>
    const char* sized_container(Kind kind, MsgpackToken& token) noexcept {
        Length length = 0;
        if (!number(length)) return nullptr;
        return container(kind, length, token);
    }

    template <class Number>
    const char* unsigned_integer(MsgpackToken& token) noexcept {
        Number value = 0;
        if (!number(value)) return nullptr;
        token.kind = Kind::unsigned_integer;
        token.unsigned_integer = value;
        return at_;
    }

    template <class Bits>
    const char* signed_integer(MsgpackToken& token) noexcept {
        constexpr unsigned unused_bits = 64 - 8 * sizeof(Bits);
        Bits bits = 0;
        if (!number(bits)) return nullptr;
        const auto value =
            static_cast<std::int64_t>(std::uint64_t{bits} << unused_bits) >> unused_bits;
        token.kind = value < 0 ? Kind::negative_integer : Kind::unsigned_integer;
        token.negative_integer = value;
        token.unsigned_integer = static_cast<std::uint64_t>(value);
        return at_;
    }

    template <class Number, class Bits>
    const char* floating(MsgpackToken& token) noexcept {
        Bits bits = 0;
        if (!number(bits)) return nullptr;
        token.kind = Kind::floating;
        token.floating = static_cast<double>(std::bit_cast<Number>(bits));
        return at_;
    }

private:
    const char* at_;
    const char* end_;
};

const char* read_marked(unsigned char mark, Cursor cursor, MsgpackToken& token) noexcept {
    constexpr std::size_t extension_type = 1;
    switch (mark) {
        case 0xC0:
            return cursor.bytes(Kind::nil, 0, token);
        case 0xC2:
        case 0xC3:
            token.boolean = mark == 0xC3;
            return cursor.bytes(Kind::boolean, 0, token);
        case 0xC4:
            return cursor.sized_bytes<std::uint8_t>(Kind::binary, 0, token);
        case 0xC5:
            return cursor.sized_bytes<std::uint16_t>(Kind::binary, 0, token);
        case 0xC6:
            return cursor.sized_bytes<std::uint32_t>(Kind::binary, 0, token);
        case 0xC7:
            return cursor.sized_bytes<std::uint8_t>(Kind::extension, extension_type, token);
        case 0xC8:
            return cursor.sized_bytes<std::uint16_t>(Kind::extension, extension_type, token);
        case 0xC9:
            return cursor.sized_bytes<std::uint32_t>(Kind::extension, extension_type, token);
        case 0xCA:
            return cursor.floating<float, std::uint32_t>(token);
        case 0xCB:
            return cursor.floating<double, std::uint64_t>(token);
        case 0xCC:
            return cursor.unsigned_integer<std::uint8_t>(token);
        case 0xCD:
            return cursor.unsigned_integer<std::uint16_t>(token);
        case 0xCE:
            return cursor.unsigned_integer<std::uint32_t>(token);
        case 0xCF:
            return cursor.unsigned_integer<std::uint64_t>(token);
        case 0xD0:
            return cursor.signed_integer<std::uint8_t>(token);
        case 0xD1:
            return cursor.signed_integer<std::uint16_t>(token);
        case 0xD2:
            return cursor.signed_integer<std::uint32_t>(token);
        case 0xD3:
            return cursor.signed_integer<std::uint64_t>(token);
        case 0xD4:
        case 0xD5:
        case 0xD6:
        case 0xD7:
        case 0xD8:
            return cursor.bytes(Kind::extension,
                                (std::uint64_t{1} << (mark - 0xD4U)) + extension_type, token);
        case 0xD9:
            return cursor.sized_bytes<std::uint8_t>(Kind::text, 0, token);
        case 0xDA:
            return cursor.sized_bytes<std::uint16_t>(Kind::text, 0, token);
        case 0xDB:
            return cursor.sized_bytes<std::uint32_t>(Kind::text, 0, token);
        case 0xDC:
            return cursor.sized_container<std::uint16_t>(Kind::array, token);
        case 0xDD:
            return cursor.sized_container<std::uint32_t>(Kind::array, token);
        case 0xDE:
            return cursor.sized_container<std::uint16_t>(Kind::map, token);
        case 0xDF:
            return cursor.sized_container<std::uint32_t>(Kind::map, token);
        default:
            return nullptr;  // 0xC1 is never used
    }
}

}  // namespace

const char* read_msgpack_token(const char* at, const char* end, MsgpackToken& token) noexcept {
    if (at == end) return nullptr;
    const auto mark = static_cast<unsigned char>(*at);
    Cursor cursor(at + 1, end);
    if (mark < 0x80) {
        token.kind = Kind::unsigned_integer;
        token.unsigned_integer = mark;
        return at + 1;
    }
    if (mark >= 0xE0) {
        token.kind = Kind::negative_integer;
        token.negative_integer = std::int64_t{mark} - 256;
        return at + 1;
    }
    if (mark < 0x90) return cursor.container(Kind::map, mark & 0x0FU, token);
    if (mark < 0xA0) return cursor.container(Kind::array, mark & 0x0FU, token);
    if (mark < 0xC0) return cursor.bytes(Kind::text, mark & 0x1FU, token);
    return read_marked(mark, cursor, token);
}

}  // namespace sallyport::wamp
