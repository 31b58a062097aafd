#include "policy/pattern.h"

#include <algorithm>

namespace sallyport::policy {
namespace {

using Kind = PatternComponent::Kind;

constexpr std::uint64_t text_start = 0xCBF29CE484222325U;

constexpr std::uint64_t step(std::uint64_t hash, char c) noexcept {
    return (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
}

// Whether a component of a request lies within (or, if it may be anything, meets) the pattern's.
bool admits(const PatternComponent& component, std::string_view text, const Bindings& bindings,
            bool unfit) noexcept {
    switch (component.kind) {
        case Kind::literal:
            return component.text == text;
        case Kind::authid:
            return is_bindable(bindings.authid) ? bindings.authid == text : unfit;
        case Kind::authrole:
            return is_bindable(bindings.authrole) ? bindings.authrole == text : unfit;
        case Kind::any:
            return true;
    }
    return false;
}

bool admits_beginning(const PatternComponent& component, std::string_view text,
                      const Bindings& bindings, bool unfit) noexcept {
    switch (component.kind) {
        case Kind::literal:
            return component.text.starts_with(text);
        case Kind::authid:
            return is_bindable(bindings.authid) ? bindings.authid.starts_with(text) : unfit;
        case Kind::authrole:
            return is_bindable(bindings.authrole) ? bindings.authrole.starts_with(text) : unfit;
        case Kind::any:
            return true;
    }
    return false;
}

// A component that may be anything lies within "any" alone.
bool admits_anything(const PatternComponent& component, const Bindings& bindings,
                     bool unfit) noexcept {
    switch (component.kind) {
        case Kind::literal:
            return false;
        case Kind::authid:
            return unfit && !is_bindable(bindings.authid);
        case Kind::authrole:
            return unfit && !is_bindable(bindings.authrole);
        case Kind::any:
            return true;
    }
    return false;
}

// Whether a placeholder stands for something, or for anything.
bool is_bound(const PatternComponent& component, const Bindings& bindings, bool unfit) noexcept {
    if (component.kind == Kind::authid) return unfit || is_bindable(bindings.authid);
    if (component.kind == Kind::authrole) return unfit || is_bindable(bindings.authrole);
    return true;
}

}  // namespace

bool is_bindable(std::string_view value) noexcept {
    return value.find_first_of(".*") == std::string_view::npos && wamp::is_valid_uri(value);
}

std::uint64_t hash_of(std::string_view component) noexcept {
    std::uint64_t hash = text_start;
    for (const char c : component) hash = step(hash, c);
    return hash;
}

std::uint64_t hash_of(Kind kind) noexcept {
    return 0xD1342543DE82EF95U * (static_cast<std::uint64_t>(kind) + 1);
}

// Clearing the components would cost more than the decision.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
AskedUri::AskedUri(std::string_view text, wamp::MatchPolicy match) noexcept
    : text_(text.substr(0, wamp::uri_bytes_max)),
      head_(text_),
      open_(match == wamp::MatchPolicy::prefix) {
    std::uint64_t hash = text_start;
    std::uint64_t folded = hash_start;
    std::size_t begin = 0;
    const auto take = [&](std::size_t end) {
        const std::string_view component = text_.substr(begin, end - begin);
        if (component.empty() && one_) {
            one_ = false;
            head_ = text_.substr(0, begin);
        }
        folded = fold(folded, hash);
        components_[count_++] = {component.data(), component.size(), hash, folded};
        begin = end + 1;
        hash = text_start;
    };
    for (std::size_t at = 0; at < text_.size(); ++at) {
        if (text_[at] == '.') {
            take(at);
        } else {
            hash = step(hash, text_[at]);
        }
    }
    if (open_) {
        partial_ = text_.substr(std::min(begin, text_.size()));
        one_ = false;
        head_ = text_;
    } else {
        take(text_.size());
    }
}

bool Shape::operator<(const Shape& other) const noexcept {
    const auto common = std::min(kinds.size(), other.kinds.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (kinds[i] != other.kinds[i]) return kinds[i] < other.kinds[i];
    }
    // Of two that match one URI, the shorter is a prefix. Others have any order, but one.
    if (kinds.size() != other.kinds.size()) return kinds.size() > other.kinds.size();
    return !open && other.open;
}

Pattern::Pattern(std::string_view text, wamp::MatchPolicy match)
    : text_(text), open_(match == wamp::MatchPolicy::prefix) {
    const std::string_view body = open_ && !text.empty() ? text.substr(0, text.size() - 1) : text;
    if (open_ && text.empty()) return;
    for (std::size_t begin = 0; begin <= body.size();) {
        const std::size_t end = std::min(body.find('.', begin), body.size());
        PatternComponent component{Kind::literal, body.substr(begin, end - begin)};
        if (component.text == authid_placeholder) component.kind = Kind::authid;
        if (component.text == authrole_placeholder) component.kind = Kind::authrole;
        if (component.text.empty()) component.kind = Kind::any;
        components_.push_back(component);
        begin = end + 1;
    }
}

Shape Pattern::shape() const {
    Shape shape;
    shape.open = open_;
    for (const PatternComponent& component : components_) shape.kinds.push_back(component.kind);
    shape.plain = std::all_of(shape.kinds.begin(), shape.kinds.end(),
                              [](Kind kind) { return kind == Kind::literal; });
    return shape;
}

bool same(const Pattern& a, const Pattern& b) noexcept {
    return a.text() == b.text() && a.is_open() == b.is_open();
}

bool Pattern::covers(const AskedUri& asked, const Bindings& bindings, bool unfit) const noexcept {
    const std::size_t size = components_.size();
    if (open_ ? size >= asked.length() : asked.is_open() || size != asked.length()) return false;
    for (std::size_t i = 0; i < size; ++i) {
        const std::string_view text = asked[i].text();
        if (!(text.empty() ? admits_anything(components_[i], bindings, unfit)
                           : admits(components_[i], text, bindings, unfit))) {
            return false;
        }
    }
    return true;
}

bool Pattern::meets(const AskedUri& asked, const Bindings& bindings, bool unfit) const noexcept {
    const std::size_t size = components_.size();
    if (open_ ? !asked.is_open() && size >= asked.length()
              : (asked.is_open() ? size < asked.length() : size != asked.length())) {
        return false;
    }
    for (std::size_t i = 0; i < size; ++i) {
        const PatternComponent& component = components_[i];
        if (!is_bound(component, bindings, unfit)) return false;
        if (i < asked.count()) {
            const std::string_view text = asked[i].text();
            if (!text.empty() && !admits(component, text, bindings, unfit)) return false;
        } else if (i == asked.count() &&
                   !admits_beginning(component, asked.partial(), bindings, unfit)) {
            return false;
        }
    }
    return true;
}

}  // namespace sallyport::policy
