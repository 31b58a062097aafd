#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "policy/document/document.h"

namespace sallyport::policy {

/// Edits of a principals file as text, so that comments, order and layout of the rest are
/// preserved. A file may have a layout that these functions do not support, so callers parse the
/// result again and compare.

/// Appends a new block; `lines` ends with a newline.
std::string with_block(const std::string& text, const std::string& lines);

/// Removes the principal at that position, and one of the blank lines around it. Comments before it
/// stay.
std::string without_block(const std::string& text, const Item& root, std::size_t principal);

/// Sets `key = value` in the principal at that position: replaces the value, or adds the entry at
/// the end of its block. A comment after the old value is kept. Without a value the entry is
/// removed.
std::string with_entry(const std::string& text, const Item& root, std::size_t principal,
                       std::string_view key, const std::optional<std::string>& value);

/// Appends a string to the list of that key.
std::string with_element(const std::string& text, const Item& root, std::size_t principal,
                         std::string_view key, std::string_view element);

}  // namespace sallyport::policy
