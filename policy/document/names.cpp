#include "policy/document/names.h"

#include <algorithm>

namespace sallyport::policy {

bool is_valid_name(std::string_view name) noexcept {
    constexpr std::string_view marks = "-_.@";
    if (name.empty() || name.size() > name_bytes_max) return false;
    return std::all_of(name.begin(), name.end(), [marks](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

}  // namespace sallyport::policy
