#include "policy/tools/edit/principal_edit.h"

#include <algorithm>
#include <vector>

#include "policy/tools/edit/toml_text.h"

namespace sallyport::policy {
namespace {

using Lines = std::vector<std::string>;

Lines split(const std::string& text) {
    Lines lines;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

std::string join(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

/// The first line of an entry: its key, or the header of a table that is written as one.
std::uint32_t start_of(const Item& entry) noexcept {
    return entry.key_line == 0 ? entry.line : std::min(entry.key_line, entry.line);
}

void collect_starts(const Item& table, std::vector<std::uint32_t>& starts) {
    for (const Item& entry : table.items) {
        starts.push_back(start_of(entry));
        if (entry.kind == Item::Kind::table && !entry.inline_table) collect_starts(entry, starts);
        if (entry.kind != Item::Kind::list) continue;
        for (const Item& element : entry.items) {
            if (element.kind != Item::Kind::table || element.inline_table) continue;
            starts.push_back(element.line);
            collect_starts(element, starts);
        }
    }
}

bool is_blank_or_comment(std::string_view line) noexcept {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first == std::string_view::npos || line[first] == '#';
}

/// The last line of the block that begins at line `start`; lines count from 1. Comments before the
/// next block belong to that block.
std::uint32_t end_of(const Lines& lines, const Item& root, std::uint32_t start) {
    std::vector<std::uint32_t> starts;
    collect_starts(root, starts);
    auto end = static_cast<std::uint32_t>(lines.size());
    for (const std::uint32_t other : starts) {
        if (other > start) end = std::min(end, other - 1);
    }
    while (end > start && is_blank_or_comment(lines[end - 1])) --end;
    return end;
}

/// The comment at the end of the line with the blanks before it, "" if there is none.
std::string comment_of(std::string_view line) {
    char quote = '\0';
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote != '\0') {
            if (c == '\\' && quote == '"') ++i;
            if (c == quote) quote = '\0';
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '#') {
            while (i > 0 && (line[i - 1] == ' ' || line[i - 1] == '\t')) --i;
            return std::string(line.substr(i));
        }
    }
    return {};
}

std::string indent_of(std::string_view line) {
    return std::string(line.substr(0, std::min(line.find_first_not_of(" \t"), line.size())));
}

const Item& principal_at(const Item& root, std::size_t principal) {
    return root.find("principal")->items[principal];
}

Lines::iterator at(Lines& lines, std::uint32_t line) {
    return lines.begin() + static_cast<std::ptrdiff_t>(line);
}

}  // namespace

std::string with_block(const std::string& text, const std::string& lines) {
    std::string out = text;
    if (!out.empty() && !out.ends_with('\n')) out += '\n';
    if (!out.empty() && !out.ends_with("\n\n")) out += '\n';
    return out + lines;
}

std::string without_block(const std::string& text, const Item& root, std::size_t principal) {
    Lines lines = split(text);
    const std::uint32_t start = principal_at(root, principal).line;
    auto end = static_cast<std::uint32_t>(lines.size());
    for (const Item& other : root.find("principal")->items) {
        if (other.line > start) end = std::min(end, other.line - 1);
    }
    while (end > start && is_blank_or_comment(lines[end - 1])) --end;
    if (end < lines.size() && lines[end].empty()) ++end;
    lines.erase(at(lines, start - 1), at(lines, end));
    return join(lines);
}

std::string with_entry(const std::string& text, const Item& root, std::size_t principal,
                       std::string_view key, const std::optional<std::string>& value) {
    const Item& table = principal_at(root, principal);
    Lines lines = split(text);
    const std::string head = std::string(key) + " = ";
    if (const Item* const entry = table.find(key)) {
        const std::uint32_t first = start_of(*entry);
        const std::uint32_t last = end_of(lines, root, first);
        std::string comment = first == last ? comment_of(lines[first - 1]) : "";
        const std::string indent = indent_of(lines[first - 1]);
        lines.erase(at(lines, first - 1), at(lines, last));
        if (value) lines.insert(at(lines, first - 1), indent + head + *value + comment);
        return join(lines);
    }
    if (!value) return text;
    std::uint32_t after = table.line;
    for (const Item& entry : table.items) {
        const bool apart = entry.kind == Item::Kind::table && !entry.inline_table;
        if (!apart) after = std::max(after, end_of(lines, root, start_of(entry)));
    }
    lines.insert(at(lines, after), indent_of(lines[table.line - 1]) + head + *value);
    return join(lines);
}

std::string with_element(const std::string& text, const Item& root, std::size_t principal,
                         std::string_view key, std::string_view element) {
    const Item* const list = principal_at(root, principal).find(key);
    const std::string added = toml_text(element);
    if (list == nullptr || list->kind != Item::Kind::list || list->items.empty()) {
        std::string value = "[";
        if (list != nullptr && list->kind == Item::Kind::text)
            value += toml_text(list->text) + ", ";
        return with_entry(text, root, principal, key, value + added + "]");
    }
    Lines lines = split(text);
    const Item& last = list->items.back();
    const bool one_line = start_of(*list) == end_of(lines, root, start_of(*list));
    if (one_line) {
        std::string value = "[";
        for (const Item& item : list->items) value += toml_text(item.text) + ", ";
        return with_entry(text, root, principal, key, value + added + "]");
    }
    // One element per line: after the last one, which gets a comma.
    std::string& before = lines[last.line - 1];
    const std::string comment = comment_of(before);
    std::string code = before.substr(0, before.size() - comment.size());
    while (code.ends_with(' ') || code.ends_with('\t') || code.ends_with('\r')) code.pop_back();
    if (!code.ends_with(',')) code += ',';
    before = code + comment;
    lines.insert(at(lines, last.line), indent_of(code) + added + ",");
    return join(lines);
}

}  // namespace sallyport::policy
