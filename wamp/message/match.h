#pragma once

#include <string_view>

#include "wamp/base/uri.h"
#include "wamp/base/value.h"

namespace sallyport::wamp {

/// `match` of SUBSCRIBE or REGISTER; decoding has refused all other values (W-PBR-01).
inline MatchPolicy match_of(const Dict& options) noexcept {
    if (options.empty()) return MatchPolicy::exact;
    const std::string_view name = options.get_string("match");
    if (name == to_string(MatchPolicy::prefix)) return MatchPolicy::prefix;
    if (name == to_string(MatchPolicy::wildcard)) return MatchPolicy::wildcard;
    return MatchPolicy::exact;
}

}  // namespace sallyport::wamp
