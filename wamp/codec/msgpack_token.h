#pragma once

#include "wamp/codec/token.h"

namespace sallyport::wamp {

/// As described by the first bytes of a value in a MessagePack text.
using MsgpackToken = Token;

/// Reads the token at `at`: the byte after it, or null if it is truncated or its first byte is
/// invalid. The remaining bytes are enough for the items of every accepted container. Strings are
/// not validated.
const char* read_msgpack_token(const char* at, const char* end, MsgpackToken& token) noexcept;

}  // namespace sallyport::wamp
