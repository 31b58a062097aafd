#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "policy/document/document.h"

namespace sallyport::policy {

/// Changes of a principals file as text, so that comments, order and layout of all else stay as
/// they are. A file may be laid out in ways that these do not know; whoever uses them reads the
/// result again and compares.

/// With a new block at the end; `lines` ends with a newline.
std::string with_block(const std::string& text, const std::string& lines);

/// With `key = value` in the principal at that position: in place of what the key had, or after the
/// last entry of its block. A comment behind the old value stays. Without a value the entry goes.
std::string with_entry(const std::string& text, const Item& root, std::size_t principal,
                       std::string_view key, const std::optional<std::string>& value);

/// With one more text at the end of the list that the key has.
std::string with_element(const std::string& text, const Item& root, std::size_t principal,
                         std::string_view key, std::string_view element);

}  // namespace sallyport::policy
