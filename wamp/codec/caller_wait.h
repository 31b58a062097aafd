#pragma once

#include <optional>
#include <string_view>

#include "wamp/base/frame.h"
#include "wamp/base/ids.h"
#include "wamp/base/result.h"
#include "wamp/codec/codec.h"

namespace sallyport::wamp {

/// What an inside tells a gateway about one of its sessions, between ends that carry payloads:
/// [257, Session|id, Waits|bool]. The calls of that session outrun their callees, so it is not to
/// be read; or it is to be read again (W-GWY-16).
struct CallerWait {
    SessionId session = 0;
    bool waits = false;
};

Frame encode_caller_wait(const CallerWait& wait);
/// Nothing if the message is another one. An error is a protocol violation.
Result<std::optional<CallerWait>, DecodeError> read_caller_wait(std::string_view message);

}  // namespace sallyport::wamp
