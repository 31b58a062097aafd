#pragma once

#include <array>
#include <string_view>

#include "wamp/base/value.h"

namespace sallyport::wamp {

/// The four keys of payload passthru mode (W-PPT-01), the same in the options of CALL, PUBLISH and
/// YIELD and in the details of INVOCATION, EVENT, RESULT and ERROR. They describe how the payload
/// is encoded, so they are forwarded with it unchanged, and no other key is (W-SEC-25).
inline constexpr std::array<std::string_view, 4> passthru_keys{"ppt_scheme", "ppt_serializer",
                                                               "ppt_cipher", "ppt_keyid"};

/// Whether the payload is in that mode: it has a scheme. Types were checked at decoding.
inline bool is_passthru(const Dict& options) noexcept {
    return !options.empty() && !options.get_string("ppt_scheme").empty();
}

/// Appends those keys if the message is in that mode.
void append_passthru(Dict& to, const Dict& from);

}  // namespace sallyport::wamp
