#pragma once

#include <cstddef>

#include "wamp/base/value.h"
#include "wamp/message/payload.h"

namespace sallyport::wamp {

/// The longest value of a ppt_* key that a client may send (W-SEC-21): names, key ids, addresses.
inline constexpr std::size_t passthru_value_bytes_max = 256;

/// Whether a message in payload passthru mode has the required shape (W-PPT-03): one positional
/// argument, which is binary, and no keyword arguments. A payload that is declared neither
/// encrypted nor serialized (`ppt_serializer` "native" or absent, no `ppt_cipher`) may have any
/// shape, as clients send it so. The content of the argument is not read. The payload is validated
/// (Payload).
bool is_passthru_payload(const Dict& options, const Payload& payload) noexcept;

}  // namespace sallyport::wamp
