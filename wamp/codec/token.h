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

/// The id in a real number, as JavaScript's encoders of CBOR and MessagePack write integers of more
/// than 32 bits (W-MSG-10); 0 for any other number, which is not a valid id.
inline std::uint64_t id_in(double number) noexcept {
    constexpr double least = 4294967296.0;       // 2^32
    constexpr double most = 9007199254740992.0;  // 2^53, up to which each integer is exact
    if (!(number >= least && number <= most)) return 0;
    const auto id = static_cast<std::uint64_t>(number);
    return static_cast<double>(id) == number ? id : 0;
}

/// Whether a JSON receiver would take the text for binary (W-SER-05).
inline bool begins_with_nul(std::string_view text) noexcept {
    return !text.empty() && text.front() == '\0';
}

}  // namespace sallyport::wamp
