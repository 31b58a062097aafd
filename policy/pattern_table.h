#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "wamp/base/uri.h"

namespace sallyport::policy {

/// A URI, or the literal head of a pattern, with a hash for each of its beginnings that ends with a
/// dot: taken once and looked up in several tables. Borrows the text.
class HashedUri {
public:
    explicit HashedUri(std::string_view uri) noexcept;

    struct Beginning {
        std::uint64_t hash;
        std::uint32_t bytes;
    };

    std::string_view text() const noexcept { return text_; }
    std::uint64_t hash() const noexcept { return hash_; }
    /// The n-th has n + 1 components.
    std::span<const Beginning> beginnings() const noexcept { return {beginnings_.data(), count_}; }

private:
    std::string_view text_;
    std::uint64_t hash_;
    std::size_t count_ = 0;
    std::array<Beginning, wamp::uri_bytes_max> beginnings_;  // left as it is beyond count_
};

/// Exact URIs and component prefixes, each with a number; immutable once made. Both live in one
/// hash table, as a prefix ends with a dot and a URI never does ("" is the prefix of all). A lookup
/// costs one probe for the whole and one for each prefix length that occurs in the table and in the
/// URI; it allocates nothing.
class PatternTable {
public:
    struct Entry {
        std::string_view text;
        std::uint32_t value;

        bool is_prefix() const noexcept { return text.empty() || text.back() == '.'; }
    };

    PatternTable() = default;
    /// Sorted by text, which is unique and outlives the table.
    explicit PatternTable(std::vector<Entry> entries);

    bool empty() const noexcept { return entries_.empty(); }
    std::span<const Entry> entries() const noexcept { return entries_; }

    /// The most specific entry that matches the URI: itself, otherwise the longest prefix. Null
    /// when there is none.
    const Entry* find(const HashedUri& uri) const noexcept;
    /// The longest prefix entry that `head` begins with.
    const Entry* find_prefix(const HashedUri& head) const noexcept;

    /// The first entry in the order of the texts, after `after` when given, that some URI matches
    /// which `pattern` matches too, among those whose text begins with the literal head of the
    /// pattern (find_prefix() tells of the others).
    const Entry* find_within(std::string_view pattern, wamp::MatchPolicy match,
                             const Entry* after = nullptr) const noexcept;

private:
    const Entry* probe(std::uint64_t hash, std::string_view text) const noexcept;
    const Entry* longest_prefix(const HashedUri& uri) const noexcept;

    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t entry = 0;  ///< index + 1; 0 is a free slot
    };

    std::vector<Entry> entries_;
    std::vector<Slot> slots_;  ///< a power of two, at most half full
    std::uint64_t depths_ =
        0;  ///< bit n: there is a prefix of n components; the last one stands for all above
    std::uint32_t prefix_bytes_max_ = 0;
};

/// The part of a pattern before its first empty component, with the dot: what all its matches begin
/// with. The whole text for prefix, and for a wildcard pattern without an empty component.
std::string_view literal_head(std::string_view pattern, wamp::MatchPolicy match) noexcept;

}  // namespace sallyport::policy
