#pragma once

#include <string_view>

namespace sallyport::wamp::uris {

/// The procedure of event history (W-EVH-01), and the error where no history is kept (W-EVH-04).
inline constexpr std::string_view get_events = "wamp.subscription.get_events";
inline constexpr std::string_view history_unavailable = "wamp.error.history_unavailable";

}  // namespace sallyport::wamp::uris
