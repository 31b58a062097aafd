#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::wamp {

/// One data item of a CBOR text (RFC 8949) as described by its head; the items of a container and
/// the content of a tag follow as separate tokens. A string is one token, in chunks or not.
struct CborToken {
    enum class Kind : std::uint8_t {
        unsigned_integer,
        negative_integer,
        binary,
        text,
        array,
        map,
        tag,
        simple,
        floating,
        end,  ///< "break", which ends an array or map of indefinite length
    };
    Kind kind = Kind::end;
    bool indefinite = false;  ///< a container that `end` ends, or a string in chunks
    /// The integer n (a negative one is -1 - n), the items of an array, the entries of a map, the
    /// number of a tag or simple value, the bytes of a string without the heads of its chunks.
    std::uint64_t number = 0;
    double floating = 0;
    std::string_view bytes;  ///< of a string, with the heads of its chunks
};

// Simple values and tags (RFC 8949 §3.3, §3.4; RFC 8746 §2.1).
inline constexpr std::uint64_t cbor_false = 20;
inline constexpr std::uint64_t cbor_true = 21;
inline constexpr std::uint64_t cbor_null = 22;
inline constexpr std::uint64_t cbor_undefined = 23;
inline constexpr std::uint64_t cbor_positive_bignum = 2;
inline constexpr std::uint64_t cbor_negative_bignum = 3;
inline constexpr std::uint64_t cbor_byte_array = 64;  ///< a Uint8Array of JavaScript
inline constexpr std::uint64_t cbor_self_described = 55799;

/// Reads the token at `at`: the byte after it, or null if it is truncated or not well-formed. The
/// remaining bytes are enough for the items of every accepted container of definite length. Text is
/// not validated.
const char* read_cbor_token(const char* at, const char* end, CborToken& token) noexcept;

/// Removes one chunk from the bytes of a string that read_cbor_token() accepted in chunks, and
/// returns its content.
std::string_view take_cbor_chunk(std::string_view& bytes) noexcept;
/// Appends the content of a string token.
void append_cbor_string(std::string& out, const CborToken& token);

/// -1 - n, where it has 64 bits.
std::optional<std::int64_t> cbor_negative(std::uint64_t n) noexcept;
/// The unsigned number in `bytes`, big-endian, where it has 64 bits: the content of a bignum.
std::optional<std::uint64_t> cbor_bignum(std::string_view bytes) noexcept;

}  // namespace sallyport::wamp
