#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document/diagnostic.h"
#include "wamp/base/result.h"

namespace sallyport::policy {

/// The largest configuration file that is read, and its longest line: well beyond 10,000 rules.
inline constexpr std::size_t document_bytes_max = std::size_t{4} << 20U;
inline constexpr std::size_t document_line_bytes_max = 4096;

/// One value of a TOML file with its place. A plain tree, so that toml++ is seen by one source
/// only.
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
    std::string text;         ///< of a text
    std::vector<Item> items;  ///< of a list its elements, of a table its entries by key

    const Item* find(std::string_view entry) const noexcept;
};

std::string_view to_string(
    Item::Kind kind) noexcept;  ///< "a text", "a list" … as in "expected a text"

/// Reads TOML 1.0. A syntax error is the only one that ends the reading of a file.
wamp::Result<Item, Diagnostic> parse_document(std::string_view text, const std::string& file);

}  // namespace sallyport::policy
