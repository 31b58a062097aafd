#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::policy {

struct TomlEntry;

/// A value as written, with the comments in it.
struct TomlValue {
    enum class Kind : std::uint8_t { scalar, list, table };

    Kind kind = Kind::scalar;
    std::string text;               ///< of a scalar, as written
    std::vector<TomlEntry> items;   ///< of a list or inline table
    std::vector<std::string> last;  ///< comments of a list after its last element

    /// Whether it contains a comment.
    bool has_comments() const noexcept;
};

/// `key = value`, or an element of a list, which has no key.
struct TomlEntry {
    bool blank_before = false;  ///< an empty line is before it and its comments
    /// The lines above it, beginning with '#'; "" is an empty line between or below them.
    std::vector<std::string> comments;
    std::string key;  ///< "id", "limits.rate": without unnecessary quotes and spaces
    TomlValue value;
    std::string comment;  ///< after it on the same line, or ""
};

/// One [table] or [[table]] with its content; the first one of a file has no header.
struct TomlTable {
    std::vector<std::vector<std::string>> blocks;  ///< comments above, separated by empty lines
    std::vector<std::string> comments;             ///< directly above the header
    std::string head;                              ///< "[auth]", "[[allow]]"
    std::string comment;                           ///< after the header
    std::vector<TomlEntry> entries;
    std::vector<std::string> last;  ///< comments directly below the last entry
};

/// The text of a TOML file: only the layout is lost. parse_document() defines the meaning. The last
/// table, without header and entries, holds the comments at the end of the file.
struct TomlTree {
    std::vector<TomlTable> tables;
};

/// Reads a text that parse_document() accepted.
TomlTree read_toml_tree(std::string_view text);

}  // namespace sallyport::policy
