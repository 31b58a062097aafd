#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "wamp/base/instant.h"

namespace sallyport::wamp {

/// The deadlines of items that small dense numbers identify: a binary heap that knows the position
/// of every item, so that a deadline is moved or removed directly and next() is always exact.
class DeadlineHeap {
public:
    /// Sets or moves the deadline of `item`; `never` removes it.
    void set(std::uint32_t item, Instant deadline);
    void erase(std::uint32_t item) noexcept;

    /// The earliest deadline, `never` if there is none.
    Instant next() const noexcept { return heap_.empty() ? never : heap_.front().deadline; }
    /// The item with the earliest deadline. The heap is not empty.
    std::uint32_t first() const noexcept { return heap_.front().item; }
    /// The deadline of `item`, `never` if it has none.
    Instant of(std::uint32_t item) const noexcept;
    std::size_t size() const noexcept { return heap_.size(); }

private:
    struct Entry {
        Instant deadline;
        std::uint32_t item;
    };
    static constexpr std::uint32_t nowhere = UINT32_MAX;

    void put(std::size_t at, Entry entry) noexcept;
    void sift(std::size_t at) noexcept;

    std::vector<Entry> heap_;
    std::vector<std::uint32_t> place_;  ///< by item: its index in heap_, or `nowhere`
};

}  // namespace sallyport::wamp
