#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "wamp/message/message.h"

namespace sallyport::wamp {

/// What one element of a message may be (requirements: Messages).
enum class Element : std::uint8_t { id, id_or_zero, request_type, uri, text, dict, args, kwargs };

/// One row of the layout table: the elements after the type code; the last `optional` ones may be
/// missing.
struct Layout {
    MessageType type;
    std::uint8_t optional;
    bool from_client;  ///< legal towards a router
    bool from_router;  ///< legal towards a client
    std::span<const Element> elements;
};

/// The row for a type code, or null when there is no such message here (W-MSG-03).
const Layout* layout_of(std::uint64_t code) noexcept;

/// The first known option or detail of wrong type or value, or null when all is well (W-MSG-06):
/// e.g. `match` neither exact, prefix nor wildcard, `timeout` not a non-negative integer,
/// CANCEL.mode unknown. Unknown keys are no fault. The text names the key; it is for logs and local
/// peers.
std::optional<std::string_view> wrong_option(const Message& message) noexcept;

}  // namespace sallyport::wamp
