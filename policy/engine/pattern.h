#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wamp/base/uri.h"

namespace sallyport::policy {

/// What a whole component of a rule's URI may be instead of letters.
inline constexpr std::string_view authid_placeholder = "${authid}";
inline constexpr std::string_view authrole_placeholder = "${authrole}";

/// What the placeholders stand for in one decision. Borrows.
struct Bindings {
    std::string_view authid;
    std::string_view authrole;
};

/// Whether a value can be one component and nothing more: not empty, no '.', '*', '#', white space
/// or control character (architecture: Policy 5).
bool is_bindable(std::string_view value) noexcept;

/// A URI or pattern of a request, taken apart and hashed once and looked up in several tables.
/// Borrows the text; allocates nothing.
class RequestedUri {
public:
    static constexpr std::size_t components_max = wamp::uri_bytes_max + 1;

    /// Nobody looks at a component beyond the first `depth` (at least one): no pattern of the
    /// tables has more. They are only counted, so that the longest URI costs little more than a
    /// short one.
    RequestedUri(std::string_view text, wamp::MatchPolicy match,
                 std::size_t depth = components_max) noexcept;

    /// Trivial, so that an array of them costs nothing until it is filled.
    struct Component {
        const char* begin;
        std::size_t bytes;     ///< 0: matches anything (wildcard requests only)
        std::uint64_t hash;    ///< of the text
        std::uint64_t folded;  ///< of all up to this one

        std::string_view text() const noexcept { return {begin, bytes}; }
        bool is_anything() const noexcept { return bytes == 0; }
    };

    std::string_view text() const noexcept { return text_; }
    /// Components that are known in full.
    std::size_t count() const noexcept { return count_; }
    const Component& operator[](std::size_t index) const noexcept { return components_[index]; }
    /// Whether all components can be looked at.
    bool is_within_depth() const noexcept { return count_ <= depth_; }
    /// Components that each URI it matches has at least; exactly that many unless it is_open().
    std::size_t length() const noexcept { return open_ ? count_ + 1 : count_; }
    /// A prefix: URIs go on after the components, first with partial().
    bool is_open() const noexcept { return open_; }
    /// Where all components can be looked at.
    std::string_view partial() const noexcept { return partial_; }
    /// It names one URI.
    bool is_one() const noexcept { return one_; }
    /// Of the first `components` ones within the depth, none of which matches anything.
    std::uint64_t folded(std::size_t components) const noexcept {
        return components == 0 ? hash_start : components_[components - 1].folded;
    }
    /// What all its matches begin with.
    std::string_view literal_head() const noexcept { return head_; }

    static constexpr std::uint64_t hash_start = 0x9E3779B97F4A7C15U;

private:
    std::string_view text_;
    std::string_view partial_;
    std::string_view head_;
    void count_beyond(std::size_t begin) noexcept;

    std::size_t count_ = 0;
    std::size_t depth_;
    bool open_ = false;
    bool one_ = true;
    std::array<Component, components_max> components_;  // left as it is beyond count_ and depth_
};

/// One component of a rule's pattern.
struct PatternComponent {
    // In the order of specificity.
    enum class Kind : std::uint8_t { literal, authid, authrole, any };
    Kind kind = Kind::literal;
    std::string_view text;  ///< of a literal
};

/// What a table knows of a pattern besides its letters. Of two patterns that match one URI, the one
/// whose shape is smaller is the more specific: at the first place where they differ, letters come
/// before a placeholder, a placeholder before anything, and that before a prefix's open end.
struct Shape {
    std::vector<PatternComponent::Kind> kinds;
    bool open = false;   ///< a prefix
    bool plain = false;  ///< all letters

    bool operator==(const Shape&) const noexcept = default;
    bool operator<(const Shape& other) const noexcept;
};

/// A pattern of a rule or route: exact, component prefix or wildcard, with placeholders. Borrows
/// the text.
class Pattern {
public:
    /// `text` is sound for `match` (PatternText).
    Pattern(std::string_view text, wamp::MatchPolicy match);

    std::string_view text() const noexcept { return text_; }
    const std::vector<PatternComponent>& components() const noexcept { return components_; }
    bool is_open() const noexcept { return open_; }
    Shape shape() const;

    /// Whether everything that is requested lies within the pattern. `unfit` is the answer for a
    /// placeholder whose value is not bindable: true for a forbid, false for an allow.
    bool covers(const RequestedUri& requested, const Bindings& bindings, bool unfit) const noexcept;
    /// Whether some URI is matched by both.
    bool meets(const RequestedUri& requested, const Bindings& bindings, bool unfit) const noexcept;

private:
    std::string_view text_;
    std::vector<PatternComponent> components_;
    bool open_ = false;
};

/// Whether they are one. Prefixes and others never are, though they may have the same text.
bool same(const Pattern& a, const Pattern& b) noexcept;

/// For hash tables: takes one more component, by its own hash or by its kind.
constexpr std::uint64_t fold(std::uint64_t hash, std::uint64_t component) noexcept {
    return (((hash << 5U) | (hash >> 59U)) ^ component) * 0x2127599BF4325C37U;
}
std::uint64_t hash_of(std::string_view component) noexcept;
std::uint64_t hash_of(PatternComponent::Kind kind) noexcept;  ///< not literal
inline constexpr std::uint64_t hash_of_open_end = 0x5851F42D4C957F2DU;

}  // namespace sallyport::policy
