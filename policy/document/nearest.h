#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sallyport::policy {

/// The name that `word` probably stands for (few letters substituted, inserted, deleted or
/// swapped), or "".
std::string_view nearest(std::string_view word, std::span<const std::string_view> names);

/// `did you mean "…"?` if a name is similar, otherwise `known …: a, b, c`.
std::string suggestion(std::string_view word, std::span<const std::string_view> names,
                       std::string_view what);

}  // namespace sallyport::policy
