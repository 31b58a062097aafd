#pragma once

#include <string>
#include <string_view>

namespace sallyport::policy {

/// A unified diff of two texts, as `diff -u` prints it, with three lines of context; "" if they are
/// equal. Not always the shortest, but fast for any two texts.
std::string line_diff(std::string_view before, std::string_view after, const std::string& file);

}  // namespace sallyport::policy
