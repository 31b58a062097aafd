#include "wamp/base/deadline_heap.h"

namespace sallyport::wamp {

void DeadlineHeap::set(std::uint32_t item, Instant deadline) {
    if (deadline == never) {
        erase(item);
        return;
    }
    if (item >= place_.size()) place_.resize(std::size_t{item} + 1, nowhere);
    std::size_t at = place_[item];
    if (at == nowhere) {
        at = heap_.size();
        heap_.push_back({deadline, item});
    }
    put(at, {deadline, item});
    sift(at);
}

void DeadlineHeap::erase(std::uint32_t item) noexcept {
    if (item >= place_.size() || place_[item] == nowhere) return;
    const std::size_t at = place_[item];
    place_[item] = nowhere;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) return;
    put(at, last);
    sift(at);
}

Instant DeadlineHeap::of(std::uint32_t item) const noexcept {
    const bool has = item < place_.size() && place_[item] != nowhere;
    return has ? heap_[place_[item]].deadline : never;
}

void DeadlineHeap::put(std::size_t at, Entry entry) noexcept {
    heap_[at] = entry;
    place_[entry.item] = static_cast<std::uint32_t>(at);
}

void DeadlineHeap::sift(std::size_t at) noexcept {
    const Entry entry = heap_[at];
    while (at > 0) {
        const std::size_t parent = (at - 1) / 2;
        if (heap_[parent].deadline <= entry.deadline) break;
        put(at, heap_[parent]);
        at = parent;
    }
    for (;;) {
        std::size_t child = 2 * at + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && heap_[child + 1].deadline < heap_[child].deadline) ++child;
        if (heap_[child].deadline >= entry.deadline) break;
        put(at, heap_[child]);
        at = child;
    }
    put(at, entry);
}

}  // namespace sallyport::wamp
