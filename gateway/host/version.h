#pragma once

#include <string_view>

namespace sallyport::gateway {

inline constexpr std::string_view program_version = "0.1.0";

}  // namespace sallyport::gateway
