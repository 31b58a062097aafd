#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "policy/engine/pattern.h"

namespace sallyport::policy {

/// Maps patterns to values; immutable after construction. All are in one hash table, with a hash of
/// the literals and of the kinds of all other components as the key. A lookup costs one probe for
/// an exact URI and one for each shape of pattern in the table that fits the URI, independent of
/// the number of patterns; it allocates nothing.
class PatternTable {
public:
    struct Entry {
        Pattern pattern;
        std::uint32_t rank = 0;   ///< of its shape among all shapes of the policy
        std::uint32_t first = 0;  ///< index of its first value
        std::uint32_t count = 0;
        bool plain = false;  ///< only literals
    };
    /// A pattern and one of its values.
    struct Line {
        Pattern pattern;
        std::uint32_t value;
    };

    /// The shapes of a policy's patterns in the order of specificity; an index is a rank.
    using Shapes = std::vector<Shape>;

    PatternTable() = default;
    /// Lines with the same pattern are adjacent; the texts outlive the table. `ranked` contains the
    /// shape of each.
    PatternTable(std::span<const Line> lines, const Shapes& ranked);

    bool empty() const noexcept { return entries_.empty(); }
    std::span<const Entry> entries() const noexcept { return entries_; }
    /// The rules or routes of an entry, in the order of its lines, without duplicates.
    std::span<const std::uint32_t> values(const Entry& entry) const noexcept {
        return {values_.data() + entry.first, entry.count};
    }

    /// The request, and the result for an unbindable placeholder (Pattern::covers). The depth of
    /// the URI is at least the length of the longest pattern.
    struct Query {
        const RequestedUri& uri;
        const Bindings& bindings;
        bool unfit;
    };

    /// The most specific entry that covers the query and that `accept` accepts; null if there is
    /// none.
    template <class Accept>
    const Entry* find(const Query& query, const Accept& accept) const {
        if (entries_.empty()) return nullptr;
        if (has_exact_ && query.uri.is_one() && query.uri.is_within_depth()) {
            const Entry* entry = probe(query.uri.folded(query.uri.count()), query);
            if (entry != nullptr && accept(*entry)) return entry;
        }
        for (const TableShape& shape : shapes_) {
            const Entry* entry = find(shape, query);
            if (entry != nullptr && accept(*entry)) return entry;
        }
        return nullptr;
    }

    /// An entry that overlaps the query, so that some URI matches both, and that `accept` accepts;
    /// null if there is none. For patterns; iterates over all entries below the pattern's literal
    /// head.
    template <class Accept>
    const Entry* find_meeting(const Query& query, const Accept& accept) const {
        if (const Entry* entry = find(query, accept)) return entry;
        const std::string_view head = query.uri.literal_head();
        const Entry* const begin = entries_.data();
        const Entry* const plain_end = begin + plain_;
        for (const Entry* at = first_within(head);
             at != plain_end && at->pattern.text().starts_with(head); ++at) {
            if (at->pattern.meets(query.uri, query.bindings, query.unfit) && accept(*at)) return at;
        }
        for (const Entry* at = plain_end; at != begin + entries_.size(); ++at) {
            if (at->pattern.meets(query.uri, query.bindings, query.unfit) && accept(*at)) return at;
        }
        return nullptr;
    }

private:
    struct TableShape {
        Shape shape;
        std::uint32_t rank;
    };
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t entry = 0;  ///< index + 1; 0 is a free slot
    };

    const Entry* probe(std::uint64_t hash, const Query& query) const noexcept;
    const Entry* find(const TableShape& shape, const Query& query) const noexcept;
    const Entry* first_within(std::string_view head) const noexcept;

    std::vector<Entry> entries_;  ///< those of only literals first, by text
    std::vector<std::uint32_t> values_;
    std::vector<TableShape> shapes_;  ///< by rank, without exact patterns of only literals
    std::vector<Slot> slots_;         ///< a power of two, at most half full
    std::size_t plain_ = 0;
    bool has_exact_ = false;
};

}  // namespace sallyport::policy
