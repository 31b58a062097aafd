#include "wamp/router/pattern_index.h"

#include <algorithm>

namespace sallyport::wamp {
namespace {

// FNV-1a: the hash of a prefix is known while the hash of the whole is computed.
constexpr std::uint64_t hash_begin = 0xCBF29CE484222325u;

constexpr std::uint64_t hash_more(std::uint64_t hash, char c) noexcept {
    return (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
}

std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = hash_begin;
    for (const char c : text) hash = hash_more(hash, c);
    return hash;
}

void split(std::string_view uri, std::vector<std::string_view>& out) {
    out.clear();
    for (;;) {
        const std::size_t dot = uri.find('.');
        out.push_back(uri.substr(0, dot));
        if (dot == std::string_view::npos) return;
        uri.remove_prefix(dot + 1);
    }
}

bool ends_component(std::string_view uri, std::size_t length) noexcept {
    return length == 0 || length == uri.size() || uri[length] == '.' || uri[length - 1] == '.';
}

/// A concrete component beats a wildcard at the first place where two shapes differ: that is the
/// longer run of concrete components of W-PBR-02. Two shapes of equal length never tie.
constexpr char wild_mark = '0';
constexpr char concrete_mark = '1';

std::string shape_of(std::string_view pattern) {
    std::string wild;
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= pattern.size(); ++at) {
        if (at < pattern.size() && pattern[at] != '.') continue;
        wild += at == begin ? wild_mark : concrete_mark;
        begin = at + 1;
    }
    return wild;
}

}  // namespace

template <class Found>
void PatternIndex::each_prefix(std::string_view uri, Found&& found) const {
    std::uint64_t hash = hash_begin;
    std::size_t hashed = 0;
    for (const auto& [length, patterns] : prefix_lengths_) {
        if (length > uri.size()) return;
        for (; hashed < length; ++hashed) hash = hash_more(hash, uri[hashed]);
        const auto [first, last] = prefixes_.equal_range(hash);
        for (auto at = first; at != last; ++at) {
            if (at->second.pattern == uri.substr(0, length)) found(at->second.id, length);
        }
    }
}

template <class Found>
void PatternIndex::each_wildcard(std::string_view uri, Found&& found) const {
    if (shapes_.empty()) return;
    split(uri, components_);
    const auto shapes = shapes_.find(components_.size());
    if (shapes == shapes_.end()) return;
    for (const Shape& shape : shapes->second) {
        masked_.clear();
        for (std::size_t i = 0; i < components_.size(); ++i) {
            if (i > 0) masked_ += '.';
            if (shape.marks[i] == concrete_mark) masked_ += components_[i];
        }
        const auto at = wildcards_.find(masked_);
        if (at != wildcards_.end() && !found(at->second)) return;
    }
}

Id PatternIndex::find(MatchPolicy policy, std::string_view pattern) const noexcept {
    switch (policy) {
        case MatchPolicy::exact: {
            const auto at = exact_.find(pattern);
            return at != exact_.end() ? at->second : 0;
        }
        case MatchPolicy::prefix: {
            const auto [first, last] = prefixes_.equal_range(hash_of(pattern));
            const auto at = std::find_if(first, last, [pattern](const auto& entry) {
                return entry.second.pattern == pattern;
            });
            return at != last ? at->second.id : 0;
        }
        case MatchPolicy::wildcard: {
            const auto at = wildcards_.find(pattern);
            return at != wildcards_.end() ? at->second : 0;
        }
    }
    return 0;
}

void PatternIndex::insert(MatchPolicy policy, std::string_view pattern, Id id) {
    switch (policy) {
        case MatchPolicy::exact:
            exact_.emplace(pattern, id);
            return;
        case MatchPolicy::prefix:
            prefixes_.emplace(hash_of(pattern), Prefix{std::string(pattern), id});
            ++prefix_lengths_[pattern.size()];
            return;
        case MatchPolicy::wildcard:
            wildcards_.emplace(pattern, id);
            insert_shape(pattern);
            return;
    }
}

void PatternIndex::erase(MatchPolicy policy, std::string_view pattern) noexcept {
    switch (policy) {
        case MatchPolicy::exact:
            if (const auto at = exact_.find(pattern); at != exact_.end()) exact_.erase(at);
            return;
        case MatchPolicy::prefix: {
            const auto [first, last] = prefixes_.equal_range(hash_of(pattern));
            for (auto at = first; at != last; ++at) {
                if (at->second.pattern != pattern) continue;
                const auto length = prefix_lengths_.find(pattern.size());
                if (--length->second == 0) prefix_lengths_.erase(length);
                prefixes_.erase(at);
                return;
            }
            return;
        }
        case MatchPolicy::wildcard:
            if (const auto at = wildcards_.find(pattern); at != wildcards_.end()) {
                erase_shape(pattern);
                wildcards_.erase(at);
            }
            return;
    }
}

void PatternIndex::insert_shape(std::string_view pattern) {
    std::string marks = shape_of(pattern);
    std::vector<Shape>& shapes = shapes_[marks.size()];
    const auto at =
        std::lower_bound(shapes.begin(), shapes.end(), marks,
                         [](const Shape& a, const std::string& b) { return a.marks > b; });
    if (at != shapes.end() && at->marks == marks) {
        ++at->patterns;
    } else {
        shapes.insert(at, Shape{std::move(marks), 1});
    }
}

void PatternIndex::erase_shape(std::string_view pattern) noexcept {
    const std::string marks = shape_of(pattern);
    const auto shapes = shapes_.find(marks.size());
    const auto at = std::find_if(shapes->second.begin(), shapes->second.end(),
                                 [&marks](const Shape& shape) { return shape.marks == marks; });
    if (--at->patterns > 0) return;
    shapes->second.erase(at);
    if (shapes->second.empty()) shapes_.erase(shapes);
}

void PatternIndex::match(std::string_view uri, std::vector<Id>& out) const {
    if (const auto at = exact_.find(uri); at != exact_.end()) out.push_back(at->second);
    each_prefix(uri, [&out](Id id, std::size_t) { out.push_back(id); });
    each_wildcard(uri, [&out](Id id) {
        out.push_back(id);
        return true;
    });
}

Id PatternIndex::best(std::string_view uri) const {
    if (const auto at = exact_.find(uri); at != exact_.end()) return at->second;
    Id whole = 0;
    Id within = 0;
    each_prefix(uri, [&](Id id, std::size_t length) {  // the last one is the longest
        (ends_component(uri, length) ? whole : within) = id;
    });
    if (whole != 0) return whole;
    Id wildcard = 0;
    each_wildcard(uri, [&wildcard](Id id) {
        wildcard = id;
        return false;
    });
    return wildcard != 0 ? wildcard : within;
}

std::size_t PatternIndex::size() const noexcept {
    return exact_.size() + prefixes_.size() + wildcards_.size();
}

}  // namespace sallyport::wamp
