#include "policy/auth/roster.h"

#include <algorithm>

#include "policy/crypto/hash.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view head = "# sallyport roster 1";
constexpr std::size_t id_digits = 64;
constexpr std::size_t mark_digits = 32;

bool is_hex(std::string_view text, std::size_t digits) {
    return text.size() == digits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string_view next_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

std::optional<Methods> parse_methods(std::string_view text) {
    Methods methods;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const auto method = parse_method(text.substr(0, end));
        if (!method || methods.has(*method)) return std::nullopt;
        methods.add(*method);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return methods;
}

}  // namespace

std::string Roster::mark_of(std::string_view authid, std::string_view role,
                            std::string_view method) const {
    std::string whose(method);
    whose.append(1, '\0').append(role).append(1, '\0').append(authid);
    return crypto::to_hex(crypto::hmac_sha256(id_, whose)).substr(0, mark_digits);
}

Roster Roster::of(const Principals& principals, std::string_view text) {
    Roster roster;
    roster.id_ = crypto::sha256_hex(text);
    for (const Credentials& one : principals.list) {
        roster.methods_.add(one.methods());
        if (one.disabled) continue;
        for (const Method method : all_methods) {
            if (one.methods().has(method))
                roster.marks_.push_back(roster.mark_of(one.authid, one.role, to_string(method)));
        }
    }
    std::sort(roster.marks_.begin(), roster.marks_.end());
    return roster;
}

std::string Roster::to_text() const {
    std::string names;
    for (const Method method : all_methods) {
        if (methods_.has(method)) names.append(names.empty() ? "" : " ").append(to_string(method));
    }
    std::string text;
    text.append(head).append("\n").append(id_).append("\n").append(names).append("\n");
    for (const std::string& mark : marks_) text.append(mark).append("\n");
    return text;
}

std::optional<Roster> Roster::parse(std::string_view text) {
    if (next_line(text) != head) return std::nullopt;
    Roster roster;
    roster.id_ = next_line(text);
    const auto methods = parse_methods(next_line(text));
    if (!is_hex(roster.id_, id_digits) || !methods) return std::nullopt;
    roster.methods_ = *methods;
    while (!text.empty()) {
        const std::string_view mark = next_line(text);
        if (!is_hex(mark, mark_digits)) return std::nullopt;
        roster.marks_.emplace_back(mark);
    }
    if (!std::is_sorted(roster.marks_.begin(), roster.marks_.end())) return std::nullopt;
    return roster;
}

bool Roster::lists(const Principal& principal) const {
    return std::binary_search(marks_.begin(), marks_.end(),
                              mark_of(principal.authid, principal.role, principal.method));
}

}  // namespace sallyport::policy
