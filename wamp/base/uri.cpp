#include "wamp/base/uri.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "wamp/base/utf8.h"

namespace sallyport::wamp {
namespace {

constexpr std::string_view reserved_component = "wamp";

enum class Ascii : std::uint8_t { refused, loose, strict, dot };

constexpr std::array<Ascii, 0x80> ascii_kinds() noexcept {
    std::array<Ascii, 0x80> kinds{};
    for (std::size_t c = 0; c < kinds.size(); ++c) {
        const char letter = static_cast<char>(c);
        const bool strict =
            (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || letter == '_';
        const bool refused = c <= 0x20 || c == 0x7F || letter == '#';
        kinds[c] = strict ? Ascii::strict : refused ? Ascii::refused : Ascii::loose;
    }
    kinds['.'] = Ascii::dot;
    return kinds;
}

constexpr std::array<Ascii, 0x80> ascii = ascii_kinds();

constexpr bool is_allowed(Ascii kind, UriRule rule) noexcept {
    return kind == Ascii::strict || (kind == Ascii::loose && rule == UriRule::loose);
}

// Unicode White_Space beyond ASCII, and the C1 controls, which terminals may interpret (W-URI-05).
constexpr bool is_space_or_control(char32_t c) noexcept {
    return (c >= 0x80 && c <= 0xA0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_valid_component(std::string_view component, UriRule rule) noexcept {
    while (!component.empty()) {
        const char32_t c = take_code_point(component);
        const bool allowed = c < ascii.size() ? is_allowed(ascii[c], rule)
                                              : rule != UriRule::strict && !is_space_or_control(c);
        if (!allowed) return false;
    }
    return true;
}

enum class Verdict : std::uint8_t { valid, invalid, not_ascii };

/// is_valid_pattern() for most URIs.
Verdict judge_ascii(std::string_view pattern, MatchPolicy policy, UriRule rule) noexcept {
    bool empty = true;  // the component so far
    for (const char letter : pattern) {
        const auto c = static_cast<unsigned char>(letter);
        if (c >= ascii.size()) return Verdict::not_ascii;
        const Ascii kind = ascii[c];
        if (kind == Ascii::dot) {
            if (empty && policy != MatchPolicy::wildcard) return Verdict::invalid;
            empty = true;
            continue;
        }
        if (!is_allowed(kind, rule)) return Verdict::invalid;
        empty = false;
    }
    return empty && policy == MatchPolicy::exact ? Verdict::invalid : Verdict::valid;
}

// Removes the first component and its dot from `rest`; `last` is set if there was no dot.
std::string_view take_component(std::string_view& rest, bool& last) noexcept {
    const std::size_t dot = rest.find('.');
    last = dot == std::string_view::npos;
    const std::string_view component = rest.substr(0, dot);
    rest = last ? std::string_view{} : rest.substr(dot + 1);
    return component;
}

bool matches_wildcard(std::string_view pattern, std::string_view uri) noexcept {
    while (true) {
        bool pattern_ends = false;
        bool uri_ends = false;
        const std::string_view expected = take_component(pattern, pattern_ends);
        const std::string_view found = take_component(uri, uri_ends);
        if (!expected.empty() && expected != found) return false;
        if (pattern_ends || uri_ends) return pattern_ends && uri_ends;
    }
}

}  // namespace

std::string_view to_string(MatchPolicy policy) noexcept {
    switch (policy) {
        case MatchPolicy::exact:
            return "exact";
        case MatchPolicy::prefix:
            return "prefix";
        case MatchPolicy::wildcard:
            return "wildcard";
    }
    return "";
}

bool is_valid_uri(std::string_view uri, UriRule rule) noexcept {
    return is_valid_pattern(uri, MatchPolicy::exact, rule);
}

bool is_valid_pattern(std::string_view pattern, MatchPolicy policy, UriRule rule) noexcept {
    if (pattern.size() > uri_bytes_max) return false;
    const Verdict verdict = judge_ascii(pattern, policy, rule);
    if (verdict != Verdict::not_ascii) return verdict == Verdict::valid;
    bool last = false;
    while (!last) {
        const std::string_view component = take_component(pattern, last);
        const bool may_be_empty =
            policy == MatchPolicy::wildcard || (policy == MatchPolicy::prefix && last);
        if (component.empty() && !may_be_empty) return false;
        if (!is_valid_component(component, rule)) return false;
    }
    return true;
}

bool matches(std::string_view pattern, MatchPolicy policy, std::string_view uri) noexcept {
    switch (policy) {
        case MatchPolicy::exact:
            return uri == pattern;
        case MatchPolicy::prefix:
            return uri.starts_with(pattern);
        case MatchPolicy::wildcard:
            return matches_wildcard(pattern, uri);
    }
    return false;
}

bool is_reserved(std::string_view uri) noexcept {
    bool last = false;
    return take_component(uri, last) == reserved_component;
}

bool reaches_reserved(std::string_view pattern, MatchPolicy policy) noexcept {
    bool last = false;
    std::string_view rest = pattern;
    const std::string_view first = take_component(rest, last);
    switch (policy) {
        case MatchPolicy::exact:
            return first == reserved_component;
        case MatchPolicy::prefix:
            // Without a dot after it, the first component may still be the beginning of `wamp`.
            return last ? reserved_component.starts_with(first) : first == reserved_component;
        case MatchPolicy::wildcard:
            return first.empty() || first == reserved_component;
    }
    return true;
}

}  // namespace sallyport::wamp
