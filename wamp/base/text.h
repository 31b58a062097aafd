#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/ids.h"

namespace sallyport::wamp {

/// Makes untrusted text safe for one line of a log: control characters, backslashes and bytes above
/// ASCII become `\xNN`, and everything after the 64th byte is cut off.
std::string printable(std::string_view text);

std::string of_session(SessionId session);      ///< ", session N"; nothing for 0
std::string on_circuit(std::uint64_t circuit);  ///< ", circuit N"; nothing for 0

}  // namespace sallyport::wamp
