#pragma once

#include <string_view>

#include "policy/engine/permit.h"

namespace sallyport::policy {

/// The grant that a rule must have to allow that, for a URI below "wamp.".
inline Grant needed_below_wamp(Action action, std::string_view uri) noexcept {
    if (action != Action::call) return Grant::meta;
    if (uri == "wamp.session.add_testament" || uri == "wamp.session.flush_testaments") {
        return Grant::testaments;
    }
    return uri == "wamp.subscription.get_events" ? Grant::history : Grant::meta;
}

/// A procedure that ends other sessions is allowed only by a rule that names it, not by a pattern
/// that was written for other URIs below "wamp.".
inline bool ends_sessions(Action action, std::string_view uri) noexcept {
    return action == Action::call && uri.starts_with("wamp.session.kill");
}

}  // namespace sallyport::policy
