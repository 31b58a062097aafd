#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wamp/base/uri.h"

namespace sallyport::policy {

/// Placeholders that may replace a whole component of a rule's URI.
inline constexpr std::string_view authid_placeholder = "${authid}";
inline constexpr std::string_view authrole_placeholder = "${authrole}";

/// The values of the placeholders in one decision. Borrows.
struct Bindings {
    std::string_view authid;
    std::string_view authrole;
};

/// Whether a value is exactly one valid component: not empty, no '.', '*', '#', white space or
/// control character (architecture: Policy 5).
bool is_bindable(std::string_view value) noexcept;

/// A URI or pattern of a request, split and hashed once and looked up in several tables. Borrows
/// the text; allocates nothing.
class RequestedUri {
public:
    static constexpr std::size_t components_max = wamp::uri_bytes_max + 1;

    /// Only the first `depth` components (at least one) are examined, as no pattern of the tables
    /// has more. The rest are only counted, so that the longest URI costs little more than a short
    /// one.
    RequestedUri(std::string_view text, wamp::MatchPolicy match,
                 std::size_t depth = components_max) noexcept;

    /// Trivial, so that an array of components is not initialized.
    struct Component {
        const char* begin;
        std::size_t bytes;     ///< 0: matches anything (wildcard requests only)
        std::uint64_t hash;    ///< of the text
        std::uint64_t folded;  ///< of all components up to this one

        std::string_view text() const noexcept { return {begin, bytes}; }
        bool is_anything() const noexcept { return bytes == 0; }
    };

    std::string_view text() const noexcept { return text_; }
    /// The number of complete components.
    std::size_t count() const noexcept { return count_; }
    const Component& operator[](std::size_t index) const noexcept { return components_[index]; }
    /// Whether all components are within the depth.
    bool is_within_depth() const noexcept { return count_ <= depth_; }
    /// The minimum number of components of matching URIs; the exact number unless is_open().
    std::size_t length() const noexcept { return open_ ? count_ + 1 : count_; }
    /// A prefix: matching URIs continue after the components, beginning with partial().
    bool is_open() const noexcept { return open_; }
    /// Only if all components are within the depth.
    std::string_view partial() const noexcept { return partial_; }
    /// It matches exactly one URI.
    bool is_one() const noexcept { return one_; }
    /// The hash of the first `components` components, which are within the depth and not wildcards.
    std::uint64_t folded(std::size_t components) const noexcept {
        return components == 0 ? hash_start : components_[components - 1].folded;
    }
    /// The literal text that all matching URIs begin with.
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
    std::array<Component, components_max> components_;  // uninitialized beyond count_ and depth_
};

/// One component of a rule's pattern.
struct PatternComponent {
    // In the order of specificity.
    enum class Kind : std::uint8_t { literal, authid, authrole, any };
    Kind kind = Kind::literal;
    std::string_view text;  ///< of a literal
};

/// The structure of a pattern without its literals. Of two patterns that match one URI, the one
/// with the smaller shape is more specific: at the first component where they differ, a literal
/// comes before a placeholder, a placeholder before a wildcard, and a wildcard before the open end
/// of a prefix.
struct Shape {
    std::vector<PatternComponent::Kind> kinds;
    bool open = false;   ///< a prefix
    bool plain = false;  ///< only literals

    bool operator==(const Shape&) const noexcept = default;
    bool operator<(const Shape& other) const noexcept;
};

/// A pattern of a rule or route: exact, component prefix or wildcard, with placeholders. Borrows
/// the text.
class Pattern {
public:
    /// `text` is valid for `match` (PatternText).
    Pattern(std::string_view text, wamp::MatchPolicy match);

    std::string_view text() const noexcept { return text_; }
    const std::vector<PatternComponent>& components() const noexcept { return components_; }
    bool is_open() const noexcept { return open_; }
    Shape shape() const;

    /// Whether the pattern matches everything that is requested. `unfit` is the result for a
    /// placeholder whose value is not bindable: true for a forbid, false for an allow.
    bool covers(const RequestedUri& requested, const Bindings& bindings, bool unfit) const noexcept;
    /// Whether a URI exists that both match.
    bool meets(const RequestedUri& requested, const Bindings& bindings, bool unfit) const noexcept;

private:
    std::string_view text_;
    std::vector<PatternComponent> components_;
    bool open_ = false;
};

/// Whether both patterns are equal. A prefix never equals another kind, even with the same text.
bool same(const Pattern& a, const Pattern& b) noexcept;

/// For hash tables: adds one component, by its own hash or by its kind.
constexpr std::uint64_t fold(std::uint64_t hash, std::uint64_t component) noexcept {
    return (((hash << 5U) | (hash >> 59U)) ^ component) * 0x2127599BF4325C37U;
}
std::uint64_t hash_of(std::string_view component) noexcept;
std::uint64_t hash_of(PatternComponent::Kind kind) noexcept;  ///< not literal
inline constexpr std::uint64_t hash_of_open_end = 0x5851F42D4C957F2DU;

}  // namespace sallyport::policy
