#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wamp/message/payload.h"

namespace sallyport::wamp {

/// One value of a payload, inspected in place: what a condition needs to know about it, without
/// building a Value. Borrows from the payload.
struct Argument {
    enum class Kind : std::uint8_t {
        null,
        boolean,
        unsigned_integer,
        negative_integer,
        floating,
        text,
        binary,
        list,
        dict,
        other,  ///< a MessagePack extension, a CBOR tag or simple value, an integer beyond 64 bits
    };

    Kind kind = Kind::null;
    bool boolean = false;
    std::uint64_t unsigned_integer = 0;
    std::int64_t negative_integer = 0;
    double floating = 0;
    std::size_t length = 0;  ///< bytes of a string (UTF-8) or binary; items of a list or dict
    std::size_t depth = 0;   ///< 0 for a scalar, 1 for a list of scalars
    std::size_t bytes = 0;   ///< as encoded by the sender

    /// Whether it is a string with that text, in any encoding of the serializer.
    bool is_text(std::string_view text) const noexcept;
    /// The characters of a string as UTF-8; "" for other kinds.
    std::string text() const;

private:
    friend struct ArgumentReader;
    std::string_view spelling_;  ///< of a string, as encoded
    enum class Spelling : std::uint8_t { plain, json_escapes, cbor_chunks };
    Spelling form_ = Spelling::plain;
};

/// The positional argument at `index`, from 0; nothing if there are fewer. The payload is validated
/// (Payload). Allocates nothing.
std::optional<Argument> find_argument(const Payload& payload, std::size_t index) noexcept;
/// The keyword argument of that name.
std::optional<Argument> find_argument(const Payload& payload, std::string_view name) noexcept;
/// All positional arguments as a list, which is empty if they are absent.
Argument positional_arguments(const Payload& payload) noexcept;
/// All keyword arguments as a dict, which is empty if they are absent.
Argument keyword_arguments(const Payload& payload) noexcept;

}  // namespace sallyport::wamp
