#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "wamp/base/instant.h"

namespace sallyport::policy {

/// Token buckets of many, such as those of authids and of Tor circuits, in memory of a fixed size:
/// a bucket is no more than the time at which it is full again. Where there are more that are not
/// full than there is room, the one that is full the soonest is forgotten, which gives its owner
/// the least. A bucket holds one second's worth of tokens, at least one, and begins full.
class RateTable {
public:
    static constexpr std::size_t cells_default = std::size_t{1} << 16;

    /// `cells`: 16 bytes each, allocated with the first bucket.
    explicit RateTable(std::size_t cells = cells_default) noexcept;

    /// Whether there is a token; 0 means no limit. `now` never goes back.
    bool ready(std::uint64_t key, double rate_per_s, wamp::Instant now) const noexcept;
    /// Takes one that ready() has seen.
    void spend(std::uint64_t key, double rate_per_s, wamp::Instant now);

    std::size_t bytes() const noexcept { return cells_.capacity() * sizeof(Cell); }

private:
    static constexpr std::size_t ways = 8;

    struct Cell {
        std::uint64_t key = 0;
        wamp::Instant full_at{};
    };

    const Cell* find(std::uint64_t key) const noexcept;

    std::size_t sets_;
    std::vector<Cell> cells_;
};

}  // namespace sallyport::policy
