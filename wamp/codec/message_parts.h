#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/message/layout.h"
#include "wamp/message/message.h"

namespace sallyport::wamp {

/// The parts of any message, so that one table-driven decoder and encoder serve all
/// types. No message has more than two ids, one dictionary and one string; ids are in
/// wire order.
struct OwnedParts {
    std::array<Id, 2> ids{};
    MessageType request_type = MessageType::call;
    std::string text;
    Dict dict;
    Payload payload;
};

/// The same parts, borrowed from a message.
struct BorrowedParts {
    std::array<Id, 2> ids{};
    MessageType request_type = MessageType::call;
    std::string_view text;
    const Dict* dict = nullptr;  ///< null: omitted
    const Payload* payload = nullptr;
};

Message make_message(MessageType type, OwnedParts&& parts);

/// Borrows from `message`.
BorrowedParts parts_of(const Message& message) noexcept;

}  // namespace sallyport::wamp
