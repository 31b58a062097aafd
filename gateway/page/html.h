#pragma once

#include <string>
#include <string_view>

namespace sallyport::gateway {

/// Text as the content of an element or as an attribute in quotes: it cannot end either. Control
/// characters, which HTML forbids, become U+FFFD. The text is UTF-8.
std::string escaped(std::string_view text);

/// The same as an element of its own: whoever chose the text, such as a client, cannot turn around
/// what stands beside it by characters that change the direction of writing. "–" if it is empty.
std::string isolated(std::string_view text);

}  // namespace sallyport::gateway
