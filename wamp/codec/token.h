#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::wamp {

/// One value of a payload, whatever its serializer; the items of a container follow as separate
/// tokens.
struct Token {
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
        extension,  ///< what no other serializer can represent (W-SER-09)
    };
    Kind kind = Kind::nil;
    bool boolean = false;
    std::uint64_t unsigned_integer = 0;
    std::int64_t negative_integer = 0;
    double floating = 0;
    std::uint32_t count = 0;  ///< items of an array, entries of a map
    std::string_view bytes;   ///< of text, binary and a MessagePack extension
};

}  // namespace sallyport::wamp
