#include "tests/sim/network.h"

#include <algorithm>

namespace sallyport::sim {

void Schedule::at(Instant when, std::function<void()> what) {
    due_.emplace(std::pair(std::max(when, now_), asked_++), std::move(what));
}

void Schedule::run_until(Instant end) {
    while (!due_.empty() && due_.begin()->first.first <= end) {
        auto entry = due_.extract(due_.begin());
        now_ = entry.key().first;
        entry.mapped()();
    }
    now_ = end;
}

void Wire::write(int side, std::string_view bytes) {
    if (cut_) return;
    sides_[1 - side].pending += bytes;
    wake(1 - side);
}

void Wire::wake(int side) {
    if (std::exchange(sides_[side].scheduled, true)) return;
    const Duration delay = faults_.latency + sides_[side].reading.pause;
    schedule_.after(delay + std::chrono::microseconds(dice_.between(0, 300)),
                    [self = shared_from_this(), side] {
                        self->sides_[side].scheduled = false;
                        self->read(side);
                    });
}

bool Wire::reads(int side) const noexcept {
    const Side& here = sides_[side];
    if (cut_ || faults_.stalled || here.reader == nullptr || here.refuses) return false;
    const std::size_t unread_max = here.reading.unread_max;
    // Whoever writes to an end that has closed is told so.
    const bool closed = sides_[1 - side].reader == nullptr;
    return unread_max == 0 || closed || unread(side) < unread_max;
}

void Wire::read(int side) {
    Side& here = sides_[side];
    if (!reads(side)) return;
    if (!here.pending.empty()) {
        std::size_t count = here.pending.size();
        if (here.reading.bytes_at_a_time != 0)
            count = std::min(count, here.reading.bytes_at_a_time);
        if (faults_.one_byte_reads) {
            count = 1;
        } else if (dice_.chance(30)) {
            count = dice_.between(1, count);
        }
        const std::string bytes = here.pending.substr(0, count);
        here.pending.erase(0, count);
        here.reader->on_bytes(bytes);
        if (WireEnd* const writer = sides_[1 - side].reader; writer != nullptr && !cut_)
            writer->on_read(here.pending.size());
        if (!cut_ && (!here.pending.empty() || here.ends)) wake(side);
        if (!cut_ && sides_[1 - side].reading.unread_max != 0) wake(1 - side);
    } else if (here.ends) {
        cut_ = true;
        std::exchange(here.reader, nullptr)->on_cut();
    }
}

void Wire::cut(int by_side) {
    sides_[by_side].reader = nullptr;  // whoever cuts may be gone by the time the news arrives
    if (std::exchange(cut_, true)) return;
    WireEnd* const other = sides_[1 - by_side].reader;
    if (other == nullptr) return;
    schedule_.after(faults_.latency, [self = shared_from_this(), by_side] {
        WireEnd* const told = std::exchange(self->sides_[1 - by_side].reader, nullptr);
        if (told != nullptr) told->on_cut();
    });
}

void Wire::finish(int by_side) {
    sides_[by_side].reader = nullptr;
    if (cut_) return;
    sides_[1 - by_side].ends = true;
    wake(1 - by_side);
}

void Wire::stall(bool on) {
    faults_.stalled = on;
    if (on || cut_) return;
    wake(0);
    wake(1);
}

void Wire::refuse_to_read(int side, bool on) {
    if (std::exchange(sides_[side].refuses, on) && !on && !cut_) wake(side);
}

void Wire::heal() {
    faults_ = {};
    stall(false);
}

}  // namespace sallyport::sim
