#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wamp/base/ids.h"
#include "wamp/base/uri.h"

namespace sallyport::wamp {

/// Finds what was registered or subscribed under patterns. One lookup for exact URIs; one pass over
/// the URI for all prefixes; for wildcards one lookup per distinct arrangement of wildcards among
/// as many components as the URI has, of which there are few however many patterns. Policy and
/// pattern together name an entry (W-PBS-04).
class PatternIndex {
public:
    /// The id kept for this very pattern, 0 for none.
    Id find(MatchPolicy policy, std::string_view pattern) const noexcept;
    /// The pattern is valid and not there yet; `id` is not 0.
    void insert(MatchPolicy policy, std::string_view pattern, Id id);
    void erase(MatchPolicy policy, std::string_view pattern) noexcept;

    /// Appends the ids of all patterns that match `uri`: exact, then prefixes from short to long,
    /// then wildcards.
    void match(std::string_view uri, std::vector<Id>& out) const;
    /// The one that a call of `uri` goes to (W-PBR-02), 0 for none: exact, else the longest prefix,
    /// else the wildcard whose first wildcard comes latest, then the second, and so on. A prefix
    /// that ends within a component of `uri` comes last: so the specification's worked table has
    /// it, where `a1.b2.c3` does not take `a1.b2.c33.d4.e5` from `a1.b2.c33..e5`, although prefixes
    /// are plain string prefixes (W-URI-10).
    Id best(std::string_view uri) const;

    std::size_t size() const noexcept;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    using Table = std::unordered_map<std::string, Id, Hash, std::equal_to<>>;
    struct Prefix {
        std::string pattern;
        Id id;
    };
    /// An arrangement of wildcards, one mark per component, and how many patterns have it.
    struct Shape {
        std::string marks;
        std::size_t patterns;
    };

    /// found(id, length of the pattern), from short to long.
    template <class Found>
    void each_prefix(std::string_view uri, Found&& found) const;
    /// found(id), the best first; false ends it.
    template <class Found>
    void each_wildcard(std::string_view uri, Found&& found) const;
    void insert_shape(std::string_view pattern);
    void erase_shape(std::string_view pattern) noexcept;

    Table exact_;
    std::unordered_multimap<std::uint64_t, Prefix> prefixes_;  ///< by a hash that grows by bytes
    std::map<std::size_t, std::size_t> prefix_lengths_;        ///< how many there are of a length
    Table wildcards_;
    std::unordered_map<std::size_t, std::vector<Shape>> shapes_;  ///< by components, best first
    mutable std::vector<std::string_view> components_;            ///< scratch
    mutable std::string masked_;                                  ///< scratch
};

}  // namespace sallyport::wamp
