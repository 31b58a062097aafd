#include "wamp/codec/cbor_token.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace sallyport::wamp {
namespace {

using Kind = CborToken::Kind;

constexpr unsigned additional_bits = 5;
constexpr unsigned additional_mask = 0x1F;
constexpr unsigned one_byte_follows = 24;
constexpr unsigned eight_bytes_follow = 27;
constexpr unsigned indefinite_length = 31;
constexpr char end_mark = '\xFF';
constexpr std::uint64_t simple_in_two_bytes_min = 32;  // RFC 8949 §3.3: smaller ones have one byte

std::uint64_t bytes_left(const char* at, const char* end) noexcept {
    return static_cast<std::uint64_t>(end - at);
}

// Reads the argument of a head, which follows its first byte; null if it is truncated or reserved.
const char* read_argument(unsigned additional, const char* at, const char* end,
                          std::uint64_t& argument) noexcept {
    if (additional < one_byte_follows) {
        argument = additional;
        return at;
    }
    if (additional > eight_bytes_follow) return nullptr;
    const std::size_t bytes = std::size_t{1} << (additional - one_byte_follows);
    if (bytes_left(at, end) < bytes) return nullptr;
    argument = 0;
    for (std::size_t byte = 0; byte < bytes; ++byte)
        argument = (argument << 8U) | static_cast<unsigned char>(at[byte]);
    return at + bytes;
}

// RFC 8949, appendix D.
double half_float(std::uint64_t bits) noexcept {
    const auto exponent = static_cast<int>((bits >> 10U) & 0x1FU);
    const auto mantissa = static_cast<double>(bits & 0x3FFU);
    double magnitude = std::numeric_limits<double>::infinity();
    if (exponent == 0) {
        magnitude = std::ldexp(mantissa, -24);
    } else if (exponent != 31) {
        magnitude = std::ldexp(mantissa + 1024, exponent - 25);
    } else if (mantissa != 0) {
        magnitude = std::numeric_limits<double>::quiet_NaN();
    }
    return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

const char* read_last_type(unsigned additional, const char* at, const char* end,
                           CborToken& token) noexcept {
    if (additional == indefinite_length) {
        token.kind = Kind::end;
        return at;
    }
    at = read_argument(additional, at, end, token.number);
    if (at == nullptr) return nullptr;
    token.kind = Kind::floating;
    switch (additional) {
        case 25:
            token.floating = half_float(token.number);
            return at;
        case 26:
            token.floating =
                static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(token.number)));
            return at;
        case 27:
            token.floating = std::bit_cast<double>(token.number);
            return at;
        default:
            token.kind = Kind::simple;
            return additional == one_byte_follows && token.number < simple_in_two_bytes_min
                       ? nullptr
                       : at;
    }
}

const char* read_string(const char* at, const char* end, CborToken& token) noexcept {
    if (bytes_left(at, end) < token.number) return nullptr;
    token.bytes = {at, static_cast<std::size_t>(token.number)};
    return at + token.number;
}

// The chunks are strings of definite length and of the same type (RFC 8949 §3.2.3).
const char* read_chunks(const char* at, const char* end, CborToken& token) noexcept {
    const char* const begin = at;
    const auto type = static_cast<unsigned char>(begin[-1]) >> additional_bits;
    token.number = 0;
    while (at != end && *at != end_mark) {
        const auto first = static_cast<unsigned char>(*at);
        if (first >> additional_bits != type) return nullptr;
        CborToken chunk;
        at = read_argument(first & additional_mask, at + 1, end, chunk.number);
        if (at == nullptr) return nullptr;
        at = read_string(at, end, chunk);
        if (at == nullptr) return nullptr;
        token.number += chunk.number;
    }
    if (at == end) return nullptr;
    token.bytes = {begin, static_cast<std::size_t>(at - begin)};
    return at + 1;
}

const char* read_sized(const char* at, const char* end, CborToken& token) noexcept {
    const bool string = token.kind == Kind::text || token.kind == Kind::binary;
    if (string) return token.indefinite ? read_chunks(at, end, token) : read_string(at, end, token);
    if (token.indefinite) return at;
    const std::uint64_t room = bytes_left(at, end) / (token.kind == Kind::map ? 2 : 1);
    return token.number <= room ? at : nullptr;
}

}  // namespace

const char* read_cbor_token(const char* at, const char* end, CborToken& token) noexcept {
    constexpr unsigned last_type = 7;
    constexpr Kind kinds[] = {Kind::unsigned_integer,
                              Kind::negative_integer,
                              Kind::binary,
                              Kind::text,
                              Kind::array,
                              Kind::map,
                              Kind::tag};
    if (at == end) return nullptr;
    const auto first = static_cast<unsigned char>(*at++);
    const unsigned type = first >> additional_bits;
    const unsigned additional = first & additional_mask;
    token.indefinite = false;
    if (type == last_type) return read_last_type(additional, at, end, token);
    token.kind = kinds[type];
    const bool sized = token.kind != Kind::unsigned_integer &&
                       token.kind != Kind::negative_integer && token.kind != Kind::tag;
    token.indefinite = sized && additional == indefinite_length;
    if (!token.indefinite) at = read_argument(additional, at, end, token.number);
    return at != nullptr && sized ? read_sized(at, end, token) : at;
}

std::string_view take_cbor_chunk(std::string_view& bytes) noexcept {
    CborToken chunk;
    const char* const begin = bytes.data();
    const char* const end = begin + bytes.size();
    const char* const after = read_cbor_token(begin, end, chunk);
    bytes.remove_prefix(static_cast<std::size_t>((after == nullptr ? end : after) - begin));
    return chunk.bytes;
}

void append_cbor_string(std::string& out, const CborToken& token) {
    if (!token.indefinite) {
        out += token.bytes;
        return;
    }
    for (std::string_view rest = token.bytes; !rest.empty();) out += take_cbor_chunk(rest);
}

std::optional<std::int64_t> cbor_negative(std::uint64_t n) noexcept {
    constexpr std::uint64_t n_max = std::numeric_limits<std::int64_t>::max();
    if (n > n_max) return std::nullopt;
    return -1 - static_cast<std::int64_t>(n);
}

std::optional<std::uint64_t> cbor_bignum(std::string_view bytes) noexcept {
    bytes.remove_prefix(std::min(bytes.find_first_not_of('\0'), bytes.size()));
    if (bytes.size() > sizeof(std::uint64_t)) return std::nullopt;
    std::uint64_t number = 0;
    for (const char byte : bytes) number = (number << 8U) | static_cast<unsigned char>(byte);
    return number;
}

}  // namespace sallyport::wamp
