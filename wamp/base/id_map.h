#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>

#include "wamp/base/ids.h"

namespace sallyport::wamp {

/// Hashes ids, whether sequential or random.
struct IdHash {
    using is_avalanching = void;
    std::size_t operator()(Id id) const noexcept {
        id = (id ^ (id >> 32)) * 0xD6E8FEB86659FD93U;
        return static_cast<std::size_t>(id ^ (id >> 32));
    }
};

struct PeerHash {
    using is_avalanching = void;
    std::size_t operator()(PeerId peer) const noexcept { return IdHash{}(static_cast<Id>(peer)); }
};

/// Two ids that together identify something, such as a session and its request.
struct IdPair {
    Id first = 0;
    Id second = 0;
    bool operator==(const IdPair&) const noexcept = default;
};
struct IdPairHash {
    using is_avalanching = void;
    std::size_t operator()(const IdPair& pair) const noexcept {
        return IdHash{}(pair.second ^ IdHash{}(pair.first));
    }
};

// The hash maps of tables that are used for every message: one block of memory, without allocations
// while entries come and go. An insertion may move all entries. The order of entries is the same in
// every run.
template <class Value>
using IdMap = boost::unordered_flat_map<Id, Value, IdHash>;
using IdSet = boost::unordered_flat_set<Id, IdHash>;
template <class Value>
using PeerMap = boost::unordered_flat_map<PeerId, Value, PeerHash>;
template <class Value>
using IdPairMap = boost::unordered_flat_map<IdPair, Value, IdPairHash>;
using IdPairSet = boost::unordered_flat_set<IdPair, IdPairHash>;

/// The initial capacity of tables whose entries come and go with every message. Smaller tables are
/// rehashed every few erasures (docs/benchmarks.md).
inline constexpr std::size_t busy_entries = 60;

/// The value of `key`, null if there is none.
template <class Map, class Key>
auto* find_in(Map& map, const Key& key) noexcept {
    const auto at = map.find(key);
    return at == map.end() ? nullptr : &at->second;
}

/// Releases the memory of a burst once the table is empty again.
template <class Map>
void trim_if_empty(Map& map) {
    constexpr std::size_t kept_buckets = 1024;
    if (map.empty() && map.bucket_count() > kept_buckets) map.rehash(busy_entries);
}

}  // namespace sallyport::wamp
