#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::wamp {

/// One value of a MessagePack text as described by its first bytes; the items of a container follow
/// as separate tokens.
struct MsgpackToken {
    enum class Kind : std::uint8_t {
        nil,
        boolean,
        unsigned_integer,
        negative_integer,
        floating,
        text,
        binary,
        array,
        map,
        extension,
    };
    Kind kind = Kind::nil;
    bool boolean = false;
    std::uint64_t unsigned_integer = 0;
    std::int64_t negative_integer = 0;
    double floating = 0;
    std::uint32_t count = 0;  ///< items of an array, entries of a map
    std::string_view bytes;   ///< of text, binary and extension
};

/// Reads the token at `at`: the byte after it, or null if it is truncated or its first byte is
/// invalid. The remaining bytes are enough for the items of every accepted container. Strings are
/// not validated.
const char* read_msgpack_token(const char* at, const char* end, MsgpackToken& token) noexcept;

}  // namespace sallyport::wamp
