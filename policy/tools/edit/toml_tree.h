#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::policy {

struct TomlEntry;

/// A value as it was written, with the comments in it.
struct TomlValue {
    enum class Kind : std::uint8_t { scalar, list, table };

    Kind kind = Kind::scalar;
    std::string text;               ///< of a scalar, as written
    std::vector<TomlEntry> items;   ///< of a list or inline table
    std::vector<std::string> last;  ///< comments of a list after its last element

    /// Whether a comment stands anywhere in it.
    bool has_comments() const noexcept;
};

/// `key = value`, or an element of a list, which has no key.
struct TomlEntry {
    bool blank_before = false;  ///< an empty line stands before it and its comments
    /// The lines above it from their '#' on; "" is an empty line between or below them.
    std::vector<std::string> comments;
    std::string key;  ///< "id", "limits.rate": without needless quotes and spaces
    TomlValue value;
    std::string comment;  ///< behind it on the same line, or ""
};

/// One [table] or [[table]] with what stands below; the first of a file has no head.
struct TomlTable {
    std::vector<std::vector<std::string>> blocks;  ///< of comments above, each between empty lines
    std::vector<std::string> comments;             ///< right above the head
    std::string head;                              ///< "[auth]", "[[allow]]"
    std::string comment;                           ///< behind the head
    std::vector<TomlEntry> entries;
    std::vector<std::string> last;  ///< comments right below the last entry
};

/// A TOML file as people see it: nothing is lost but the layout. A policy's meaning is
/// parse_document()'s affair. The last table of the file's blocks and comments hold what stands
/// below everything, with neither head nor entries.
struct TomlTree {
    std::vector<TomlTable> tables;
};

/// Reads what parse_document() accepted.
TomlTree read_toml_tree(std::string_view text);

}  // namespace sallyport::policy
