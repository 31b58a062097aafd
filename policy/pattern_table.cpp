#include "policy/pattern_table.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace sallyport::policy {
namespace {

// FNV-1a: its value after each byte is the hash of that beginning, so that one pass gives them all.
// Who sends URIs cannot choose what is in a table, so that long chains cannot be forced.
constexpr std::uint64_t hash_start = 14695981039346656037U;
constexpr std::uint64_t hash_factor = 1099511628211U;
constexpr unsigned depth_max = 63;

constexpr std::uint64_t hash_step(std::uint64_t hash, char c) noexcept {
    return (hash ^ static_cast<unsigned char>(c)) * hash_factor;
}

std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = hash_start;
    for (const char c : text) hash = hash_step(hash, c);
    return hash;
}

std::size_t slot_of(std::uint64_t hash) noexcept {
    return static_cast<std::size_t>(hash ^ (hash >> 32U));
}

std::uint64_t depth_bit(std::size_t components) noexcept {
    return std::uint64_t{1} << std::min<std::size_t>(components, depth_max);
}

// Whether the wildcard pattern and the prefix have a URI in common: the prefix has fewer
// components, and each of them is the pattern's or empty there.
bool meets(std::string_view wildcard, std::string_view prefix) noexcept {
    while (!prefix.empty()) {
        const std::size_t dot = wildcard.find('.');
        if (dot == std::string_view::npos) return false;
        const std::size_t end = prefix.find('.');
        if (dot != 0 && wildcard.substr(0, dot) != prefix.substr(0, end)) return false;
        wildcard.remove_prefix(dot + 1);
        prefix.remove_prefix(end + 1);
    }
    return true;
}

}  // namespace

// Clearing the beginnings would cost more than the decision.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
HashedUri::HashedUri(std::string_view uri) noexcept
    : text_(uri.substr(0, wamp::uri_bytes_max)), hash_(hash_start) {
    std::uint32_t bytes = 0;
    for (const char c : text_) {
        hash_ = hash_step(hash_, c);
        ++bytes;
        if (c == '.') beginnings_[count_++] = {hash_, bytes};
    }
}

PatternTable::PatternTable(std::vector<Entry> entries) : entries_(std::move(entries)) {
    if (entries_.empty()) return;
    slots_.resize(std::bit_ceil(entries_.size() * 2));
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const Entry& entry = entries_[i];
        const std::uint64_t hash = hash_of(entry.text);
        std::size_t at = slot_of(hash) & mask;
        while (slots_[at].entry != 0) at = (at + 1) & mask;
        slots_[at] = {hash, static_cast<std::uint32_t>(i + 1)};
        if (!entry.is_prefix()) continue;
        const auto components = std::count(entry.text.begin(), entry.text.end(), '.');
        depths_ |= depth_bit(static_cast<std::size_t>(components));
        prefix_bytes_max_ =
            std::max(prefix_bytes_max_, static_cast<std::uint32_t>(entry.text.size()));
    }
}

const PatternTable::Entry* PatternTable::probe(std::uint64_t hash,
                                               std::string_view text) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = slot_of(hash) & mask; slots_[at].entry != 0; at = (at + 1) & mask) {
        if (slots_[at].hash != hash) continue;
        const Entry& entry = entries_[slots_[at].entry - 1];
        if (entry.text == text) return &entry;
    }
    return nullptr;
}

const PatternTable::Entry* PatternTable::longest_prefix(const HashedUri& uri) const noexcept {
    const auto beginnings = uri.beginnings();
    for (std::size_t components = beginnings.size(); components > 0; --components) {
        const auto [hash, bytes] = beginnings[components - 1];
        if (bytes > prefix_bytes_max_ || (depths_ & depth_bit(components)) == 0) continue;
        if (const Entry* entry = probe(hash, uri.text().substr(0, bytes))) return entry;
    }
    return (depths_ & depth_bit(0)) != 0 ? probe(hash_start, {}) : nullptr;
}

const PatternTable::Entry* PatternTable::find(const HashedUri& uri) const noexcept {
    if (entries_.empty()) return nullptr;
    if (const Entry* entry = probe(uri.hash(), uri.text())) return entry;
    return longest_prefix(uri);
}

const PatternTable::Entry* PatternTable::find_prefix(const HashedUri& head) const noexcept {
    return entries_.empty() ? nullptr : longest_prefix(head);
}

const PatternTable::Entry* PatternTable::find_within(std::string_view pattern,
                                                     wamp::MatchPolicy match,
                                                     const Entry* after) const noexcept {
    const std::string_view head = literal_head(pattern, match);
    const Entry* const end = entries_.data() + entries_.size();
    const Entry* at = after != nullptr
                          ? after + 1
                          : std::lower_bound(entries_.data(), end, head,
                                             [](const Entry& entry, std::string_view text) {
                                                 return entry.text < text;
                                             });
    for (; at != end && at->text.starts_with(head); ++at) {
        if (match == wamp::MatchPolicy::prefix) return at;
        if (at->is_prefix() ? meets(pattern, at->text) : wamp::matches(pattern, match, at->text))
            return at;
    }
    return nullptr;
}

std::string_view literal_head(std::string_view pattern, wamp::MatchPolicy match) noexcept {
    if (match != wamp::MatchPolicy::wildcard) return pattern;
    if (pattern.empty() || pattern.front() == '.') return {};
    const std::size_t gap = pattern.find("..");
    if (gap != std::string_view::npos) return pattern.substr(0, gap + 1);
    return pattern;  // ends with a dot when its last component is the empty one
}

}  // namespace sallyport::policy
