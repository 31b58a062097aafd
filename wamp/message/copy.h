#pragma once

#include <string_view>

namespace sallyport::wamp {

/// An option of PUBLISH from a gateway to an inside of ours: true if the publication was sent to
/// another inside as well, as the route has several. It is for the sessions within; other gateways
/// get it from the other inside.
inline constexpr std::string_view copy_key = "_copy";

}  // namespace sallyport::wamp
