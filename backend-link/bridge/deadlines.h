#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "wamp/base/instant.h"

namespace sallyport::backend_link {

/// When each of many numbered slots is due, and which is next: a heap that knows where each slot
/// stands, so that a deadline that is moved or given up leaves nothing behind. Slot numbers are
/// small: it keeps an array of them.
class Deadlines {
public:
    using Slot = std::uint32_t;

    /// Sets or moves; `never` takes it away.
    void set(Slot slot, wamp::Instant due);
    void clear(Slot slot) noexcept;

    wamp::Instant next() const noexcept { return heap_.empty() ? wamp::never : heap_.front().due; }
    /// The slot that is due first; only when next() is not `never`. The same instants come in no
    /// order.
    Slot first() const noexcept { return heap_.front().slot; }

private:
    struct Node {
        wamp::Instant due;
        Slot slot;
    };
    static constexpr std::uint32_t nowhere = UINT32_MAX;

    void place(std::size_t at, Node node) noexcept {
        heap_[at] = node;
        places_[node.slot] = static_cast<std::uint32_t>(at);
    }
    void rise(std::size_t at, Node node) noexcept;
    void sink(std::size_t at, Node node) noexcept;

    std::vector<Node> heap_;
    std::vector<std::uint32_t> places_;  ///< by slot: where in the heap it stands
};

}  // namespace sallyport::backend_link
