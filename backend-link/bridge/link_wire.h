#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "wamp/message/message.h"
#include "wamp/message/payload.h"

namespace sallyport::backend_link {

/// What a link's connection speaks and takes.
struct LinkWire {
    std::optional<wamp::Serializer> serializer;  ///< nothing: whatever comes is sent as it is
    std::size_t message_bytes_max = SIZE_MAX;    ///< that the far end takes
};

/// Says the payload of `message` in `serializer`; `keep` owns it then. The error is the one that
/// the sender is due; "" for none (W-SER-09).
std::string_view transcode_payload(wamp::Serializer serializer, wamp::Message& message,
                                   wamp::OwnedPayload& keep);

/// Whether the link can take what a bridge makes of the request. One message too big would cost all
/// clients the link (W-RAW-06), and a request that has its number already cannot be held back
/// (W-ID-04).
bool fits(const LinkWire& wire, const wamp::Message& message);

/// Both of it: makes the request fit for the link, or tells the error.
std::string_view prepare_for_link(const LinkWire& wire, wamp::Message& message,
                                  wamp::OwnedPayload& keep);

}  // namespace sallyport::backend_link
