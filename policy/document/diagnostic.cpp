#include "policy/document/diagnostic.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace sallyport::policy {
namespace {

// Fits on one line of a terminal with the rest of the message.
constexpr std::size_t quoted_bytes_max = 120;

void append_escaped(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
        out += "\\x";
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    } else {
        out += c;
    }
}

}  // namespace

std::string to_string(const Place& place) {
    if (place.line == 0) return place.file;
    return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

std::string to_string(const Diagnostic& diagnostic) {
    std::string line = to_string(diagnostic.place) + ": error: " + diagnostic.text;
    if (!diagnostic.hint.empty()) line += " (" + diagnostic.hint + ")";
    return line;
}

void sort(Diagnostics& diagnostics) {
    std::vector<std::string> files;
    for (const Diagnostic& diagnostic : diagnostics) {
        if (std::find(files.begin(), files.end(), diagnostic.place.file) == files.end()) {
            files.push_back(diagnostic.place.file);
        }
    }
    const auto rank = [&files](const Diagnostic& diagnostic) {
        const auto file = std::find(files.begin(), files.end(), diagnostic.place.file);
        return std::tuple(file - files.begin(), diagnostic.place.line, diagnostic.place.column);
    };
    std::stable_sort(
        diagnostics.begin(), diagnostics.end(),
        [&rank](const Diagnostic& a, const Diagnostic& b) { return rank(a) < rank(b); });
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    const bool cut = text.size() > quoted_bytes_max;
    std::string_view shown = text.substr(0, quoted_bytes_max);
    // Do not cut in the middle of a UTF-8 sequence.
    while (cut && !shown.empty() &&
           (static_cast<unsigned char>(text[shown.size()]) & 0xC0U) == 0x80U) {
        shown.remove_suffix(1);
    }
    for (const char c : shown) append_escaped(out, c);
    out += cut ? "…\"" : "\"";
    return out;
}

}  // namespace sallyport::policy
