#pragma once

#include <optional>
#include <string_view>

#include "policy/engine/permit.h"
#include "wamp/base/uri.h"

namespace sallyport::policy {

/// The topics on which a door tells of its links.
inline constexpr std::string_view link_topics = "sallyport.link.";

inline bool is_link_topic(Action action, std::string_view uri) noexcept {
    return action == Action::subscribe && uri.starts_with(link_topics);
}

/// The grant that a rule must have to allow that, for a URI below "wamp.".
inline Grant needed_below_wamp(Action action, std::string_view uri) noexcept {
    if (action != Action::call) return Grant::meta;
    if (uri == "wamp.session.add_testament" || uri == "wamp.session.flush_testaments") {
        return Grant::testaments;
    }
    return uri == "wamp.subscription.get_events" ? Grant::history : Grant::meta;
}

/// The same for any URI; nothing if the rule needs none.
inline std::optional<Grant> needed_grant(Action action, std::string_view uri) noexcept {
    if (wamp::is_reserved(uri)) return needed_below_wamp(action, uri);
    if (is_link_topic(action, uri)) return Grant::diagnose;
    return std::nullopt;
}

/// A procedure that ends other sessions is allowed only by a rule that names it, not by a pattern
/// that was written for other URIs below "wamp.".
inline bool ends_sessions(Action action, std::string_view uri) noexcept {
    return action == Action::call && uri.starts_with("wamp.session.kill");
}

}  // namespace sallyport::policy
