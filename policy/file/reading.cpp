#include "policy/file/reading.h"

#include <algorithm>
#include <array>

#include "policy/document/names.h"
#include "policy/document/nearest.h"
#include "policy/document/units.h"
#include "policy/engine/pattern.h"

namespace sallyport::policy {
namespace {

constexpr std::array<std::string_view, 3> match_names{"exact", "prefix", "wildcard"};

std::string_view trim_dots(std::string_view text) noexcept {
    while (!text.empty() && (text.back() == '.' || text.back() == '*')) text.remove_suffix(1);
    return text;
}

// The text with each whole-component placeholder replaced by a letter; false if a placeholder is
// not a whole component.
bool bind_placeholders(std::string_view text, std::string& bound) {
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('.', begin), text.size());
        const std::string_view component = text.substr(begin, end - begin);
        const bool placeholder =
            component == authid_placeholder || component == authrole_placeholder;
        if (!placeholder && component.find("${") != std::string_view::npos) return false;
        if (begin != 0) bound += '.';
        bound += placeholder ? "x" : component;
        begin = end + 1;
    }
    return true;
}

void report_star(Section& table, const Item& uri, std::string_view body) {
    const bool below = wamp::is_valid_uri(body) && body.find('*') == std::string_view::npos;
    table.error(uri, "\"*\" is not a wildcard in a URI",
                below
                    ? "to match everything below it, write match = \"prefix\" and " +
                          quoted(std::string(body) + ".")
                    : "leave the component empty and write match = \"wildcard\", as in \"com..x\"");
}

bool is_sound(Section& table, const Item& uri, wamp::MatchPolicy match, Placeholders placeholders) {
    const std::string_view text = uri.text;
    const bool prefix = match == wamp::MatchPolicy::prefix;
    if (prefix && text.empty()) return true;
    std::string bound;
    if (!bind_placeholders(text, bound)) {
        table.error(uri, "a placeholder in " + quoted(text) + " is not a whole component",
                    "write ${authid} or ${authrole} between dots; variables are ${var.name}");
        return false;
    }
    const bool bare = bound == text;
    const std::string_view body = trim_dots(bare ? text : std::string_view(bound));
    if (!bare && placeholders == Placeholders::refused) {
        table.error(uri, table.name() + " does not allow a placeholder", "write out the URI");
    } else if (text.size() > wamp::uri_bytes_max) {
        table.error(uri, "the URI is longer than 1024 bytes", "no client can use it: shorten it");
    } else if (text.find('*') != std::string_view::npos) {
        report_star(table, uri, body);  // legal in a URI, but certainly not intended
    } else if (prefix && !text.ends_with('.')) {
        table.error(uri, "the prefix " + quoted(text) + " does not end on a component boundary",
                    wamp::is_valid_uri(bound) ? "write " + quoted(std::string(text) + ".")
                                              : "end it with a dot, as in \"com.app.\"");
    } else if (match == wamp::MatchPolicy::exact && text.ends_with('.') &&
               wamp::is_valid_uri(body)) {
        table.error(uri, quoted(text) + " is not a valid URI: it ends with a dot",
                    "add match = \"prefix\" to match everything below it, or write " +
                        quoted(trim_dots(text)));
    } else if (match == wamp::MatchPolicy::wildcard && wamp::is_valid_uri(bound)) {
        table.error(uri, "the wildcard pattern " + quoted(text) + " has no empty component",
                    "write match = \"exact\", or leave a component empty, as in \"com..x\"");
    } else if (!wamp::is_valid_pattern(prefix ? bound.substr(0, bound.size() - 1) : bound,
                                       prefix ? wamp::MatchPolicy::exact : match)) {
        table.error(uri, quoted(text) + " is not a valid URI",
                    "components are separated by single dots and contain no space, '#' or control "
                    "character");
    } else {
        return true;
    }
    return false;
}

}  // namespace

std::string read_id(Section& table, std::set<std::string>& used) {
    const auto text = table.need_text("id", "\"a-name-for-logs\"");
    if (!text) return {};
    const Item& item = *table.find("id");
    if (!is_valid_name(*text)) {
        table.error(item, quoted(*text) + " cannot be an id",
                    "use 1 to 64 letters, digits and any of - _ . @");
    } else if (!used.insert(*text).second) {
        table.error(item, "the id " + quoted(*text) + " is already in use",
                    "give each one its own id");
    }
    return *text;
}

std::optional<wamp::MatchPolicy> read_match(Section& table) {
    const auto text = table.text("match", "\"exact\"");
    if (!text || *text == "exact") return wamp::MatchPolicy::exact;
    if (*text == "prefix") return wamp::MatchPolicy::prefix;
    if (*text == "wildcard") return wamp::MatchPolicy::wildcard;
    table.error(*table.find("match"), "unknown match " + quoted(*text),
                suggestion(*text, match_names, "kinds of match"));
    return std::nullopt;
}

std::vector<PatternText> read_uris(Section& table, std::optional<wamp::MatchPolicy> match,
                                   Placeholders placeholders) {
    std::vector<PatternText> out;
    std::set<std::string_view> seen;
    const std::string_view example = match == wamp::MatchPolicy::prefix     ? "\"com.app.\""
                                     : match == wamp::MatchPolicy::wildcard ? "\"com..name\""
                                                                            : "\"com.app.name\"";
    if (table.need("uri", example) == nullptr) return out;
    for (const Item* item : table.texts("uri", example)) {
        // Without the match policy the pattern cannot be checked.
        if (!match || !is_sound(table, *item, *match, placeholders)) continue;
        if (!seen.insert(item->text).second) {
            table.error(*item, quoted(item->text) + " appears twice in the list",
                        "remove one of the two");
            continue;
        }
        out.push_back({item->text, table.place(*item)});
    }
    return out;
}

std::string read_role(Section& table, std::string_view key) {
    const auto text = table.need_text(key, "\"guest\"");
    if (!text) return {};
    if (!is_valid_name(*text)) {
        table.error(*table.find(key), quoted(*text) + " cannot be a role",
                    *text == "*" ? "name one role here; \"*\" means all roles, but only in rules"
                                 : "use 1 to 64 letters, digits and any of - _ . @");
    }
    return *text;
}

std::optional<std::uint64_t> read_bytes(Section& table, std::string_view key, std::int64_t least) {
    const Item* item = table.find(key);
    if (item == nullptr) return std::nullopt;
    if (item->kind == Item::Kind::text) {
        if (const auto bytes = parse_bytes(item->text)) return bytes;
    } else if (item->kind == Item::Kind::integer && item->integer >= least) {
        return static_cast<std::uint64_t>(item->integer);
    }
    table.error(*item, quoted(key) + " is not a valid size",
                "write \"64KiB\", \"1MiB\" or a number of bytes");
    return std::nullopt;
}

}  // namespace sallyport::policy
