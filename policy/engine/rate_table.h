#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "wamp/base/instant.h"

namespace sallyport::policy {

/// Token buckets for many keys, such as authids and Tor circuits, in memory of a fixed size: a
/// bucket is stored as the time at which it will be full again. If there is no room for another
/// bucket, the one that will be full first is dropped, which gains its owner the fewest tokens. A
/// bucket holds the tokens of one second, at least one, and starts full.
class RateTable {
public:
    static constexpr std::size_t cells_default = std::size_t{1} << 16;

    /// `cells`: 16 bytes each, allocated with the first bucket.
    explicit RateTable(std::size_t cells = cells_default) noexcept;

    /// Whether there is a token; a rate of 0 means no limit. `now` never decreases.
    bool ready(std::uint64_t key, double rate_per_s, wamp::Instant now) const noexcept;
    /// Consumes a token after ready() has returned true.
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
