#pragma once

#include <string>
#include <string_view>

#include "wamp/base/uri.h"
#include "wamp/base/value.h"
#include "wamp/message/message.h"

namespace sallyport::wamp {

/// `match` of SUBSCRIBE or REGISTER; decoding has refused all other words (W-PBR-01).
inline MatchPolicy match_of(const Dict& options) noexcept {
    if (options.empty()) return MatchPolicy::exact;
    const std::string_view name = options.get_string("match");
    if (name == to_string(MatchPolicy::prefix)) return MatchPolicy::prefix;
    if (name == to_string(MatchPolicy::wildcard)) return MatchPolicy::wildcard;
    return MatchPolicy::exact;
}

/// An ERROR of the router itself: a URI and nothing else, as text could tell more than the peer may
/// know.
inline Error refusal(MessageType type, RequestId request, std::string_view uri) {
    return Error{type, request, {}, std::string(uri), {}};
}

}  // namespace sallyport::wamp
