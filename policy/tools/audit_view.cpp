#include "policy/tools/audit_view.h"

#include <algorithm>
#include <array>

#include "policy/document/diagnostic.h"
#include "policy/tools/json.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t depth_max = 4;
constexpr std::array<std::string_view, 4> denials{"deny", "over_rate", "over_in_flight", "invalid"};

std::optional<Json> record_of(std::string_view line) {
    auto record = parse_json(line, depth_max);
    if (!record || !record->is_object() || string_member(*record, "outcome").empty())
        return std::nullopt;
    return record;
}

/// In quotes where a terminal would not show it as it is.
std::string shown(const std::string& text) {
    const bool plain =
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    return plain && !text.empty() ? text : policy::quoted(text);
}

/// One word for a shell, whatever is in it: clients choose names and URIs, and an operator pastes
/// the command.
std::string shell_word(const std::string& text) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._-:/@%+=,").find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string word = "$'";
    bool escapes = false;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < ' ' || byte > '~' || c == '\'' || c == '\\') {
            word.append("\\x").append({digits[byte >> 4U], digits[byte & 15U]});
            escapes = true;
        } else {
            word += c;
        }
    }
    return (escapes ? word : word.substr(1)) + "'";
}

std::string why_of(const Json& record) {
    std::string why = string_member(record, "reason");
    const std::string rule = string_member(record, "rule");
    if (rule.empty()) return why;
    if (!why.empty()) why += ", ";
    return why + "rule " + rule + " (" + string_member(record, "file") + ":" +
           std::to_string(unsigned_member(record, "line")) + ")";
}

}  // namespace

std::optional<std::string> readable_record(std::string_view line) {
    const auto record = record_of(line);
    if (!record) return std::nullopt;
    const auto add = [&](std::string& text, std::string_view before, std::string_view key) {
        const std::string value = string_member(*record, key);
        if (!value.empty()) text.append(before).append(shown(value));
    };
    std::string text = string_member(*record, "time") + " " + string_member(*record, "outcome");
    add(text, " ", "action");
    add(text, " ", "uri");
    if (record->contains("other_uri")) text += " and others";
    if (const auto repeated = unsigned_member(*record, "repeated", 1); repeated > 1)
        text += ", " + std::to_string(repeated) + " times,";
    add(text, " by ", "authid");
    if (const std::string role = string_member(*record, "role"); !role.empty())
        text += " (" + shown(role) + ")";
    add(text, " in ", "realm");
    if (const std::string why = why_of(*record); !why.empty()) text += ": " + why;
    for (const char* const number : {"session", "circuit", "dropped"}) {
        if (const auto value = unsigned_member(*record, number); value != 0)
            text += std::string(", ") + number + " " + std::to_string(value);
    }
    return text;
}

bool DeniedRequests::is_like(const DeniedRequests& other) const {
    return outcome == other.outcome && reason == other.reason && realm == other.realm &&
           authid == other.authid && role == other.role && action == other.action &&
           uri == other.uri && match == other.match && rule == other.rule && file == other.file &&
           line == other.line;
}

std::string DeniedRequests::question() const {
    std::string words =
        "--as " + shell_word(authid + ":" + role) + " --" + action + " " + shell_word(uri);
    if (!match.empty() && match != "exact") words += " --match " + match;
    return words;
}

void DenialGroups::add(std::string_view line) {
    const auto record = record_of(line);
    if (!record) return;
    DeniedRequests denied;
    denied.outcome = string_member(*record, "outcome");
    if (std::find(denials.begin(), denials.end(), denied.outcome) == denials.end()) return;
    denied.last = string_member(*record, "time");
    denied.reason = string_member(*record, "reason");
    denied.realm = string_member(*record, "realm");
    denied.authid = string_member(*record, "authid");
    if (denied.authid.starts_with("anonymous-")) denied.authid.clear();
    denied.role = string_member(*record, "role");
    denied.action = string_member(*record, "action");
    denied.uri = string_member(*record, "uri");
    denied.match = string_member(*record, "match");
    denied.rule = string_member(*record, "rule");
    denied.file = string_member(*record, "file");
    denied.line = unsigned_member(*record, "line");
    denied.count = unsigned_member(*record, "repeated", 1);
    const auto known = std::find_if(groups_.begin(), groups_.end(),
                                    [&](const auto& group) { return group.is_like(denied); });
    if (known != groups_.end()) {
        denied.count += known->count;
        groups_.erase(known);
    }
    groups_.push_back(std::move(denied));
    if (groups_.size() > groups_max) groups_.pop_front();
}

std::vector<DeniedRequests> DenialGroups::latest(std::size_t most) const {
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, groups_.size()));
    return {groups_.rbegin(), groups_.rbegin() + count};
}

}  // namespace sallyport::policy
