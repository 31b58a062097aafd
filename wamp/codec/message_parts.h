#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/message/layout.h"
#include "wamp/message/message.h"

namespace sallyport::wamp {

/// What every message is made of, whatever its type: one layout-driven decoder and encoder serve
/// all of them. No message has more than two ids, one dictionary and one text; ids stand in the
/// order of the wire.
struct OwnedParts {
    std::array<Id, 2> ids{};
    MessageType request_type = MessageType::call;
    std::string text;
    Dict dict;
    Payload payload;
};

struct BorrowedParts {
    std::array<Id, 2> ids{};
    MessageType request_type = MessageType::call;
    std::string_view text;
    const Dict* dict = nullptr;  ///< null: left out
    const Payload* payload = nullptr;
};

Message make_message(MessageType type, OwnedParts&& parts);

/// Borrows from `message`.
BorrowedParts parts_of(const Message& message) noexcept;

}  // namespace sallyport::wamp
