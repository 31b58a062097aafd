#pragma once

#include <string_view>

namespace sallyport::wamp {

/// The option of REGISTER and UNREGISTER by which a gateway names the client that it registers or
/// unregisters for, and the detail of INVOCATION by which our inside names the one that it has
/// chosen (W-SHR-02). Only links use it.
inline constexpr std::string_view front_callee_key = "_callee";

}  // namespace sallyport::wamp
