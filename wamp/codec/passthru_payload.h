#pragma once

#include <cstddef>

#include "wamp/base/value.h"
#include "wamp/message/payload.h"

namespace sallyport::wamp {

/// The longest value of a ppt_* key that a client may send (W-SEC-21): names, key ids, addresses.
inline constexpr std::size_t passthru_value_bytes_max = 256;

/// Whether a message in payload passthru mode has the shape that the mode demands (W-PPT-03): one
/// positional argument, which is binary, and no keyword arguments. A payload that says it was
/// neither encrypted nor serialized
/// (`ppt_serializer` "native" or none, no `ppt_cipher`) may be of any kind, as clients write it so.
/// What the argument holds is not looked at. The payload is validated (Payload).
bool is_passthru_payload(const Dict& options, const Payload& payload) noexcept;

}  // namespace sallyport::wamp
