#include "backend-link/bridge/deadlines.h"

namespace sallyport::backend_link {

void Deadlines::set(Slot slot, wamp::Instant due) {
    if (due == wamp::never) {
        clear(slot);
        return;
    }
    if (slot >= places_.size()) places_.resize(slot + std::size_t{1}, nowhere);
    std::size_t at = places_[slot];
    if (at == nowhere) {
        at = heap_.size();
        heap_.push_back({due, slot});
        rise(at, {due, slot});
    } else if (due < heap_[at].due) {
        rise(at, {due, slot});
    } else {
        sink(at, {due, slot});
    }
}

void Deadlines::clear(Slot slot) noexcept {
    if (slot >= places_.size() || places_[slot] == nowhere) return;
    const std::size_t at = places_[slot];
    places_[slot] = nowhere;
    const Node last = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) return;
    if (last.due < heap_[at].due) {
        rise(at, last);
    } else {
        sink(at, last);
    }
}

void Deadlines::rise(std::size_t at, Node node) noexcept {
    while (at > 0) {
        const std::size_t parent = (at - 1) / 2;
        if (heap_[parent].due <= node.due) break;
        place(at, heap_[parent]);
        at = parent;
    }
    place(at, node);
}

void Deadlines::sink(std::size_t at, Node node) noexcept {
    for (;;) {
        std::size_t child = 2 * at + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && heap_[child + 1].due < heap_[child].due) ++child;
        if (node.due <= heap_[child].due) break;
        place(at, heap_[child]);
        at = child;
    }
    place(at, node);
}

}  // namespace sallyport::backend_link
