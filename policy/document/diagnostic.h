#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::policy {

/// A position in a file. Line and column count from 1; 0 means the file as a whole.
struct Place {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    bool operator==(const Place&) const = default;
};

std::string to_string(const Place& place);  ///< "file:line:column", or "file"

/// An error in a file, its position, and what the operator can do about it.
struct Diagnostic {
    Place place;
    std::string text;
    std::string hint;
};

using Diagnostics = std::vector<Diagnostic>;

/// "file:line:column: error: text (hint)".
std::string to_string(const Diagnostic& diagnostic);

/// By file in the order of first appearance, then by line and column.
void sort(Diagnostics& diagnostics);

/// The text in double quotes, with control characters and quotes escaped; for messages.
std::string quoted(std::string_view text);

}  // namespace sallyport::policy
