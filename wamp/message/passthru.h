#pragma once

#include <array>
#include <string_view>

#include "wamp/base/value.h"

namespace sallyport::wamp {

/// The four keys of payload passthru mode (W-PPT-01), alike in the options of CALL, PUBLISH and
/// YIELD and in the details of INVOCATION, EVENT, RESULT and ERROR. They are all of a message that
/// says how its payload is to be read, so they go with it, each as it was written, and nothing else
/// does (W-SEC-25).
inline constexpr std::array<std::string_view, 4> passthru_keys{"ppt_scheme", "ppt_serializer",
                                                               "ppt_cipher", "ppt_keyid"};

/// Whether the payload is in that mode: a scheme is named. Types were checked at decoding.
inline bool is_passthru(const Dict& options) noexcept {
    return !options.empty() && !options.get_string("ppt_scheme").empty();
}

/// Appends those keys of a message in that mode; of any other, nothing.
void append_passthru(Dict& to, const Dict& from);

}  // namespace sallyport::wamp
