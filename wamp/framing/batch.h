#pragma once

#include <string>
#include <string_view>

#include "wamp/message/payload.h"

namespace sallyport::wamp {

// The WebSocket messages of the batched subprotocols: one WAMP message or more, each with its
// length before it, or in JSON with a separator after it (W-BAT-01).

inline constexpr char batch_separator = '\x1E';
/// What Autobahn sends, and all that it understands (W-BAT-03).
inline constexpr char autobahn_batch_separator = '\x18';

/// Whether the batch is complete and has at least one message, and none that is empty (W-BAT-02).
bool is_valid_batch(Serializer serializer, std::string_view batch) noexcept;

/// Removes the first message of a valid batch that is not empty, and returns it.
std::string_view take_batched(Serializer serializer, std::string_view& batch) noexcept;

/// The last octet of a valid batch in JSON: the separator of whoever sent it.
inline char separator_of(std::string_view batch) noexcept {
    return batch.back();
}

/// What precedes and follows a message of so many bytes that is sent as a batch of its own. A
/// message is below 2^32 bytes.
std::string batch_prefix(Serializer serializer, std::size_t bytes);
std::string_view batch_suffix(Serializer serializer, const char& separator) noexcept;

}  // namespace sallyport::wamp
