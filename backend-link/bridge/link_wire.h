#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "wamp/message/message.h"
#include "wamp/message/payload.h"

namespace sallyport::backend_link {

/// The serializer and the message limit of a link's connection.
struct LinkWire {
    std::optional<wamp::Serializer> serializer;  ///< nothing: payloads are sent unchanged
    std::size_t message_bytes_max = SIZE_MAX;    ///< accepted by the peer
};

/// Transcodes the payload of `message` to `serializer`; `keep` then owns it. Returns the error URI
/// for the sender; "" for none (W-SER-09).
std::string_view transcode_payload(wamp::Serializer serializer, wamp::Message& message,
                                   wamp::OwnedPayload& keep);

/// Whether the request as forwarded fits the link's message limit. A message that is too large
/// would end the link for all clients (W-RAW-06), and a request cannot be withheld once it has a
/// request id (W-ID-04).
bool fits(const LinkWire& wire, const wamp::Message& message);

/// What the message takes, in memory and on a link, approximately and never less than a few
/// hundred bytes.
std::size_t bytes_of(const wamp::Message& message);

/// Both: transcodes the request for the link, or returns the error.
std::string_view prepare_for_link(const LinkWire& wire, wamp::Message& message,
                                  wamp::OwnedPayload& keep);

}  // namespace sallyport::backend_link
