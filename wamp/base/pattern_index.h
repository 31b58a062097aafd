#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wamp/base/uri.h"
#include "wamp/base/wildcard_trie.h"

namespace sallyport::wamp {

/// Finds what was registered or subscribed under URIs and patterns (W-URI-10). Exact URIs need one
/// look-up, all prefixes one pass over the URI with one look-up per distinct length, wildcards a
/// walk through a trie. Match policy and pattern together identify an entry (W-PBS-04). `Value{}`
/// means "no value".
template <class Value>
class PatternIndex {
public:
    /// The value stored for exactly this pattern, `Value{}` if there is none.
    Value find(MatchPolicy policy, std::string_view pattern) const noexcept {
        switch (policy) {
            case MatchPolicy::exact:
                return value_in(exact_, pattern);
            case MatchPolicy::prefix:
                return value_in(prefixes_, pattern);
            case MatchPolicy::wildcard:
                return wildcards_.find(pattern);
        }
        return Value{};
    }

    /// The pattern is valid and not in the index yet.
    void insert(MatchPolicy policy, std::string_view pattern, Value value) {
        switch (policy) {
            case MatchPolicy::exact:
                exact_.emplace(pattern, std::move(value));
                return;
            case MatchPolicy::prefix:
                prefixes_.emplace(pattern, std::move(value));
                ++prefix_lengths_[pattern.size()];
                return;
            case MatchPolicy::wildcard:
                wildcards_.insert(pattern, std::move(value));
                return;
        }
    }

    void erase(MatchPolicy policy, std::string_view pattern) noexcept {
        switch (policy) {
            case MatchPolicy::exact:
                exact_.erase(pattern);
                return;
            case MatchPolicy::prefix: {
                if (prefixes_.erase(pattern) == 0) return;
                const auto length = prefix_lengths_.find(pattern.size());
                if (--length->second == 0) prefix_lengths_.erase(length);
                return;
            }
            case MatchPolicy::wildcard:
                wildcards_.erase(pattern);
                return;
        }
    }

    /// Calls `visit` with the value of each pattern that matches `uri`, until it returns true:
    /// exact, then prefixes from short to long, then wildcards. Returns whether it did.
    template <class Visit>
    bool visit(std::string_view uri, Visit&& visit) const {
        if (const auto at = exact_.find(uri); at != exact_.end() && visit(at->second)) return true;
        const auto prefix = [&](const Value& value, std::size_t) { return visit(value); };
        return visit_prefixes(uri, prefix) || wildcards_.visit(uri, visit);
    }

    /// Appends the values of all patterns that match `uri`, in the order of visit().
    void match(std::string_view uri, std::vector<Value>& out) const {
        visit(uri, [&out](const Value& value) {
            out.push_back(value);
            return false;
        });
    }

    /// The value that a call of `uri` is routed to (W-PBR-02), `Value{}` if there is none: exact,
    /// otherwise the longest prefix, otherwise the wildcard pattern whose first wildcard comes
    /// latest, then the second, and so on. A prefix that ends within a component of `uri` has the
    /// lowest priority, as in the specification's example table: there `a1.b2.c33.d4.e5` is routed
    /// to `a1.b2.c33..e5` and not to `a1.b2.c3`, although prefixes are plain string prefixes
    /// (W-URI-10).
    Value best(std::string_view uri) const {
        if (const auto at = exact_.find(uri); at != exact_.end()) return at->second;
        Value whole{};
        Value within{};
        visit_prefixes(uri, [&](const Value& value, std::size_t length) {
            (ends_component(uri, length) ? whole : within) = value;  // the last is the longest
            return false;
        });
        if (whole != Value{}) return whole;
        Value wildcard{};
        wildcards_.visit(uri, [&wildcard](const Value& value) {
            wildcard = value;
            return true;
        });
        return wildcard != Value{} ? wildcard : within;
    }

    std::size_t size() const noexcept {
        return exact_.size() + prefixes_.size() + wildcards_.size();
    }

    /// Calls `visit` with every value, in no particular order.
    template <class Visit>
    void visit_all(Visit&& visit) const {
        for (const auto& [uri, value] : exact_) visit(value);
        for (const auto& [prefix, value] : prefixes_) visit(value);
        wildcards_.visit_all(visit);
    }

private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    /// FNV-1a, as the hash of a prefix is known while the hash of the whole is computed.
    class GrowingHash {
    public:
        void add(char c) noexcept {
            hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
        }
        std::size_t value() const noexcept { return static_cast<std::size_t>(hash_); }

    private:
        std::uint64_t hash_ = 0xCBF29CE484222325U;
    };
    struct Prefix {
        std::string_view text;
        std::size_t hash;
    };
    struct PrefixHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            GrowingHash hash;
            for (const char c : text) hash.add(c);
            return hash.value();
        }
        std::size_t operator()(const Prefix& prefix) const noexcept { return prefix.hash; }
    };
    struct PrefixEqual {
        using is_transparent = void;
        static std::string_view text(std::string_view text) noexcept { return text; }
        static std::string_view text(const Prefix& prefix) noexcept { return prefix.text; }
        template <class A, class B>
        bool operator()(const A& a, const B& b) const noexcept {
            return text(a) == text(b);
        }
    };

    template <class Table>
    static Value value_in(const Table& table, std::string_view pattern) noexcept {
        const auto at = table.find(pattern);
        return at != table.end() ? at->second : Value{};
    }

    static bool ends_component(std::string_view uri, std::size_t length) noexcept {
        return length == 0 || length == uri.size() || uri[length] == '.' || uri[length - 1] == '.';
    }

    /// visit(value, length of the prefix), from short to long, until it returns true.
    template <class Visit>
    bool visit_prefixes(std::string_view uri, Visit&& visit) const {
        GrowingHash hash;
        std::size_t hashed = 0;
        for (const auto& [length, count] : prefix_lengths_) {
            if (length > uri.size()) break;
            for (; hashed < length; ++hashed) hash.add(uri[hashed]);
            const auto at = prefixes_.find(Prefix{uri.substr(0, length), hash.value()});
            if (at != prefixes_.end() && visit(at->second, length)) return true;
        }
        return false;
    }

    boost::unordered_flat_map<std::string, Value, TextHash, std::equal_to<>> exact_;
    boost::unordered_flat_map<std::string, Value, PrefixHash, PrefixEqual> prefixes_;
    std::map<std::size_t, std::size_t> prefix_lengths_;  ///< number of prefixes by length
    WildcardTrie<Value> wildcards_;
};

}  // namespace sallyport::wamp
