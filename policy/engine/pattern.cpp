#include "policy/engine/pattern.h"

#include <algorithm>
#include <cstring>

namespace sallyport::policy {
namespace {

using Kind = PatternComponent::Kind;

constexpr std::uint64_t text_start = 0xCBF29CE484222325U;

constexpr std::uint64_t step(std::uint64_t hash, std::uint64_t word) noexcept {
    const std::uint64_t mixed = (hash ^ word) * 0x9FB21C651E98DF25U;
    return mixed ^ (mixed >> 32U);
}

template <class Word>
std::uint64_t word_at(const char* at) noexcept {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

// Up to seven bytes as a number, unique among texts of that length.
std::uint64_t rest_at(const char* at, std::size_t bytes) noexcept {
    if (bytes >= 4) {
        return word_at<std::uint32_t>(at) | word_at<std::uint32_t>(at + bytes - 4) << 32U;
    }
    if (bytes == 0) return 0;
    return word_at<std::uint8_t>(at) | word_at<std::uint8_t>(at + bytes / 2) << 8U |
           word_at<std::uint8_t>(at + bytes - 1) << 16U;
}

// Whether a component of a request is covered by the pattern's (or, for a wildcard component,
// overlaps it).
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

// A wildcard component is covered only by "any".
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

// Whether a placeholder matches the component.
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
    std::uint64_t hash = step(text_start, component.size());
    const char* at = component.data();
    std::size_t left = component.size();
    for (; left >= 8; left -= 8, at += 8) hash = step(hash, word_at<std::uint64_t>(at));
    return step(hash, rest_at(at, left));
}

std::uint64_t hash_of(Kind kind) noexcept {
    return 0xD1342543DE82EF95U * (static_cast<std::uint64_t>(kind) + 1);
}

// Clearing the components would cost more than the decision.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
RequestedUri::RequestedUri(std::string_view text, wamp::MatchPolicy match,
                           std::size_t depth) noexcept
    : text_(text.substr(0, wamp::uri_bytes_max)),
      head_(text_),
      depth_(std::clamp(depth, std::size_t{1}, components_max)),
      open_(match == wamp::MatchPolicy::prefix) {
    std::uint64_t folded = hash_start;
    std::size_t begin = 0;
    while (true) {
        const std::size_t end = text_.find('.', begin);
        const bool last = end == std::string_view::npos;
        if (last && open_) break;
        if (count_ == depth_) {
            count_beyond(begin);
            break;
        }
        const std::string_view component = text_.substr(begin, last ? end : end - begin);
        if (component.empty() && one_) {
            one_ = false;
            head_ = text_.substr(0, begin);
        }
        const std::uint64_t hash = hash_of(component);
        folded = fold(folded, hash);
        components_[count_++] = {component.data(), component.size(), hash, folded};
        if (last) break;
        begin = end + 1;
    }
    if (open_) {
        partial_ = text_.substr(begin);
        one_ = false;
        head_ = text_;
    }
}

// The rest that begins there, after a dot, is one component or more.
void RequestedUri::count_beyond(std::size_t begin) noexcept {
    const char* const text = text_.data();
    std::uint16_t dots = 0, pairs = 0;  // wide enough to count several at once
    for (std::size_t at = begin; at < text_.size(); ++at) {
        const bool dot = text[at] == '.';
        dots = static_cast<std::uint16_t>(dots + (dot ? 1 : 0));
        pairs = static_cast<std::uint16_t>(pairs + ((dot & (text[at - 1] == '.')) ? 1 : 0));
    }
    count_ += dots;
    if (open_) return;
    ++count_;
    if (!one_ || (pairs == 0 && text_.back() != '.')) return;
    one_ = false;
    head_ = text_.substr(0, pairs == 0 ? text_.size() : text_.find("..", begin - 1) + 1);
}

bool Shape::operator<(const Shape& other) const noexcept {
    const auto common = std::min(kinds.size(), other.kinds.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (kinds[i] != other.kinds[i]) return kinds[i] < other.kinds[i];
    }
    // Of two shapes that match one URI, the shorter is a prefix. The order of others is arbitrary
    // but total.
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

bool Pattern::covers(const RequestedUri& requested, const Bindings& bindings,
                     bool unfit) const noexcept {
    const std::size_t size = components_.size();
    if (open_ ? size >= requested.length() : requested.is_open() || size != requested.length())
        return false;
    for (std::size_t i = 0; i < size; ++i) {
        const std::string_view text = requested[i].text();
        if (!(text.empty() ? admits_anything(components_[i], bindings, unfit)
                           : admits(components_[i], text, bindings, unfit))) {
            return false;
        }
    }
    return true;
}

bool Pattern::meets(const RequestedUri& requested, const Bindings& bindings,
                    bool unfit) const noexcept {
    const std::size_t size = components_.size();
    if (open_ ? !requested.is_open() && size >= requested.length()
              : (requested.is_open() ? size < requested.length() : size != requested.length())) {
        return false;
    }
    for (std::size_t i = 0; i < size; ++i) {
        const PatternComponent& component = components_[i];
        if (!is_bound(component, bindings, unfit)) return false;
        if (i < requested.count()) {
            const std::string_view text = requested[i].text();
            if (!text.empty() && !admits(component, text, bindings, unfit)) return false;
        } else if (i == requested.count() &&
                   !admits_beginning(component, requested.partial(), bindings, unfit)) {
            return false;
        }
    }
    return true;
}

}  // namespace sallyport::policy
