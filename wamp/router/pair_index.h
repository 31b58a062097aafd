#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sallyport::wamp {

/// A hash table from a pair of ids, such as (session, request), to a small number, made for entries
/// that live for microseconds: open addressing without tombstones, so that coming and going
/// allocates nothing and leaves nothing behind. The first id of a pair is never 0.
class PairIndex {
public:
    PairIndex();

    /// The number kept for the pair, or null. Holds until the next insert() or erase().
    std::uint32_t* find(std::uint64_t first, std::uint64_t second) noexcept;
    const std::uint32_t* find(std::uint64_t first, std::uint64_t second) const noexcept;
    /// The pair is not in the table.
    void insert(std::uint64_t first, std::uint64_t second, std::uint32_t value);
    /// False when the pair was not there.
    bool erase(std::uint64_t first, std::uint64_t second) noexcept;

    std::size_t size() const noexcept { return size_; }

private:
    struct Slot {
        std::uint64_t first = 0;  ///< 0: free
        std::uint64_t second = 0;
        std::uint32_t value = 0;
    };

    std::size_t home(std::uint64_t first, std::uint64_t second) const noexcept;
    std::size_t locate(std::uint64_t first, std::uint64_t second) const noexcept;
    void resize(std::size_t slots);

    std::vector<Slot> slots_;  ///< a power of two of them, at most half in use
    std::size_t size_ = 0;
};

}  // namespace sallyport::wamp
