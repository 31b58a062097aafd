#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "wamp/message/message.h"

namespace sallyport::wamp {

/// The type of one element of a message (requirements: Messages).
enum class Element : std::uint8_t { id, id_or_zero, request_type, uri, text, dict, args, kwargs };

/// One row of the layout table: the elements after the type code; the last `optional` ones may be
/// absent.
struct Layout {
    MessageType type;
    std::uint8_t optional;
    bool from_client;  ///< legal towards a router
    bool from_router;  ///< legal towards a client
    std::span<const Element> elements;
};

/// The row of a type code, or null if the type is not supported (W-MSG-03).
const Layout* layout_of(std::uint64_t code) noexcept;

/// The first known option or detail with an invalid type or value, or null if there is none
/// (W-MSG-06): e.g. `match` other than exact, prefix or wildcard, a `timeout` that is not a
/// non-negative integer, an unknown CANCEL.mode. Unknown keys are valid. The text names the key; it
/// is for logs and local peers.
std::optional<std::string_view> wrong_option(const Message& message) noexcept;

}  // namespace sallyport::wamp
