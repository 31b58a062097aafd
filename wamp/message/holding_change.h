#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wamp/base/ids.h"
#include "wamp/base/uri.h"

namespace sallyport::wamp {

/// A session holds a subscription or registration from now on, or no longer: what the meta events
/// tell (W-RMA-01, W-SMA-01). Written by what is behind a door, in the order of the changes.
struct HoldingChange {
    SessionId session = 0;
    SessionId by = 0;  ///< the session that asked for it; 0: none, as for a revocation
    Id id = 0;
    bool registration = false;
    bool added = false;
    // Of an added one:
    MatchPolicy match = MatchPolicy::exact;
    std::string uri{};
    std::string_view invoke = "single";  ///< of a registration; a constant
};

using HoldingChanges = std::vector<HoldingChange>;

}  // namespace sallyport::wamp
