#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/diagnostic.h"
#include "wamp/base/result.h"

namespace sallyport::policy {

/// The maximum size of a configuration file and of a line: enough for well over 10,000 rules.
inline constexpr std::size_t document_bytes_max = std::size_t{4} << 20U;
inline constexpr std::size_t document_line_bytes_max = 4096;

/// One value of a TOML file with its position. A plain tree, so that only one source includes
/// toml++.
struct Item {
    enum class Kind : std::uint8_t { boolean, integer, real, text, list, table, date };

    Kind kind = Kind::table;
    bool boolean = false;
    bool inline_table = false;
    std::uint32_t line = 0;  ///< of the value
    std::uint32_t column = 0;
    std::uint32_t key_line = 0;  ///< of the key, for an entry of a table
    std::uint32_t key_column = 0;
    std::int64_t integer = 0;
    double real = 0;
    std::string key;          ///< of an entry of a table
    std::string text;         ///< of a string
    std::vector<Item> items;  ///< the elements of a list; the entries of a table by key

    const Item* find(std::string_view entry) const noexcept;
};

/// "a string", "a list" and so on, as in "expected a string".
std::string_view to_string(Item::Kind kind) noexcept;

/// Reads TOML 1.0. Reading stops at the first syntax error.
wamp::Result<Item, Diagnostic> parse_document(std::string_view text, const std::string& file);

}  // namespace sallyport::policy
