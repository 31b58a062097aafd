#pragma once

#include <string>
#include <string_view>

#include "wamp/message/match.h"
#include "wamp/message/message.h"
#include "wamp/message/uris.h"

namespace sallyport::wamp {

/// An ERROR of the router itself: only a URI, as a text could reveal more than the peer may know.
inline Error refusal(MessageType type, RequestId request, std::string_view uri) {
    return Error{type, request, {}, std::string(uri), {}};
}

/// `unavailable` because the callee does not take its calls as fast as they come. A gateway, but no
/// other caller, is told so: it decides who may know.
inline Error too_slow(RequestId request, bool to_gateway) {
    Error error = refusal(MessageType::call, request, uris::unavailable);
    if (to_gateway) error.details.append("_cause", "too_slow");
    return error;
}

}  // namespace sallyport::wamp
