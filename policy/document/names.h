#pragma once

#include <cstddef>
#include <string_view>

namespace sallyport::policy {

inline constexpr std::size_t name_bytes_max = 64;  ///< of a rule, route or role

/// Whether a rule, route or role may have the name: 1 to name_bytes_max of [A-Za-z0-9_.@-].
bool is_valid_name(std::string_view name) noexcept;

}  // namespace sallyport::policy
