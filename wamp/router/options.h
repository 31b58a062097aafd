#pragma once

#include <string>
#include <string_view>

#include "wamp/message/match.h"
#include "wamp/message/message.h"

namespace sallyport::wamp {

/// An ERROR of the router itself: only a URI, as a text could reveal more than the peer may know.
inline Error refusal(MessageType type, RequestId request, std::string_view uri) {
    return Error{type, request, {}, std::string(uri), {}};
}

}  // namespace sallyport::wamp
