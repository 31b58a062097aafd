#pragma once

#include <string>
#include <string_view>

namespace sallyport::policy {

/// What changes from one text to the other, as `diff -u` shows it, with three lines around each
/// change; "" when nothing does. Not always the shortest, but fast for any two texts.
std::string line_diff(std::string_view before, std::string_view after, const std::string& file);

}  // namespace sallyport::policy
