#pragma once

#include <string_view>

namespace sallyport::gateway {

/// The CSS of the operator page. It names no other resource.
std::string_view page_style() noexcept;

}  // namespace sallyport::gateway
