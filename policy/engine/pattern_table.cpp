#include "policy/engine/pattern_table.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace sallyport::policy {
namespace {

using Kind = PatternComponent::Kind;

// The upper half is mixed better.
std::size_t slot_of(std::uint64_t hash) noexcept {
    return static_cast<std::size_t>(hash ^ (hash >> 32U));
}

std::uint64_t hash_of(const Pattern& pattern) noexcept {
    std::uint64_t hash = RequestedUri::hash_start;
    for (const PatternComponent& component : pattern.components()) {
        hash = fold(hash, component.kind == Kind::literal ? policy::hash_of(component.text)
                                                          : policy::hash_of(component.kind));
    }
    return pattern.is_open() ? fold(hash, hash_of_open_end) : hash;
}

// As Pattern::covers(), for a pattern of only literals.
bool covers_plain(const Pattern& pattern, const RequestedUri& requested) noexcept {
    if (pattern.is_open()) return requested.literal_head().starts_with(pattern.text());
    return requested.is_one() && requested.text() == pattern.text();
}

}  // namespace

// The data of a lookup is stored contiguously: a decision costs little more than its cache misses.
PatternTable::PatternTable(std::span<const Line> lines, const Shapes& ranked) {
    for (const Line& line : lines) {
        if (entries_.empty() || !same(entries_.back().pattern, line.pattern)) {
            const Shape shape = line.pattern.shape();
            const auto rank = std::lower_bound(ranked.begin(), ranked.end(), shape);
            entries_.push_back({line.pattern, static_cast<std::uint32_t>(rank - ranked.begin()),
                                static_cast<std::uint32_t>(values_.size()), 0, shape.plain});
        }
        Entry& entry = entries_.back();
        if (entry.count != 0 && values_.back() == line.value) continue;
        values_.push_back(line.value);
        ++entry.count;
    }
    if (entries_.empty()) return;
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
        if (a.plain != b.plain) return a.plain;
        return a.pattern.text() < b.pattern.text();
    });
    plain_ = static_cast<std::size_t>(std::count_if(
        entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.plain; }));
    slots_.resize(std::bit_ceil(entries_.size() * 2));
    const std::size_t mask = slots_.size() - 1;
    std::vector<bool> seen(ranked.size());
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const std::uint64_t hash = hash_of(entries_[i].pattern);
        std::size_t at = slot_of(hash) & mask;
        while (slots_[at].entry != 0) at = (at + 1) & mask;
        slots_[at] = {hash, static_cast<std::uint32_t>(i + 1)};
        const Shape& shape = ranked[entries_[i].rank];
        if (shape.plain && !shape.open) {
            has_exact_ = true;
        } else {
            seen[entries_[i].rank] = true;
        }
    }
    for (std::uint32_t rank = 0; rank < ranked.size(); ++rank) {
        if (seen[rank]) shapes_.push_back({ranked[rank], rank});
    }
}

const PatternTable::Entry* PatternTable::probe(std::uint64_t hash,
                                               const Query& query) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = slot_of(hash) & mask; slots_[at].entry != 0; at = (at + 1) & mask) {
        if (slots_[at].hash != hash) continue;
        const Entry& entry = entries_[slots_[at].entry - 1];
        if (entry.plain ? covers_plain(entry.pattern, query.uri)
                        : entry.pattern.covers(query.uri, query.bindings, query.unfit)) {
            return &entry;
        }
    }
    return nullptr;
}

const PatternTable::Entry* PatternTable::find(const TableShape& candidate,
                                              const Query& query) const noexcept {
    const Shape& shape = candidate.shape;
    const std::size_t size = shape.kinds.size();
    if (shape.open ? size >= query.uri.length() : query.uri.is_open() || size != query.uri.length())
        return nullptr;
    std::uint64_t hash = RequestedUri::hash_start;
    if (shape.plain && (query.uri.is_one() || query.uri.is_open())) {
        hash = query.uri.folded(size);
    } else {
        for (std::size_t i = 0; i < size; ++i) {
            const bool literal = shape.kinds[i] == Kind::literal;
            if (literal && query.uri[i].is_anything()) return nullptr;
            hash = fold(hash, literal ? query.uri[i].hash : policy::hash_of(shape.kinds[i]));
        }
    }
    return probe(shape.open ? fold(hash, hash_of_open_end) : hash, query);
}

const PatternTable::Entry* PatternTable::first_within(std::string_view head) const noexcept {
    return std::lower_bound(
        entries_.data(), entries_.data() + plain_, head,
        [](const Entry& entry, std::string_view text) { return entry.pattern.text() < text; });
}

}  // namespace sallyport::policy
