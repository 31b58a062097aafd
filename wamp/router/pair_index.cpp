#include "wamp/router/pair_index.h"

#include <utility>

#include "wamp/base/check.h"

namespace sallyport::wamp {
namespace {

constexpr std::size_t slots_min = 16;

}  // namespace

PairIndex::PairIndex() : slots_(slots_min) {}

std::size_t PairIndex::home(std::uint64_t first, std::uint64_t second) const noexcept {
    // Requests count up from 1, sessions are random: one multiplication spreads both.
    std::uint64_t mixed = (first ^ (second << 32 | second >> 32)) * 0x9E3779B97F4A7C15u;
    mixed ^= mixed >> 32;
    return static_cast<std::size_t>(mixed) & (slots_.size() - 1);
}

std::size_t PairIndex::locate(std::uint64_t first, std::uint64_t second) const noexcept {
    std::size_t at = home(first, second);
    while (slots_[at].first != 0 && (slots_[at].first != first || slots_[at].second != second)) {
        at = (at + 1) & (slots_.size() - 1);
    }
    return at;
}

std::uint32_t* PairIndex::find(std::uint64_t first, std::uint64_t second) noexcept {
    Slot& slot = slots_[locate(first, second)];
    return slot.first != 0 ? &slot.value : nullptr;
}

const std::uint32_t* PairIndex::find(std::uint64_t first, std::uint64_t second) const noexcept {
    const Slot& slot = slots_[locate(first, second)];
    return slot.first != 0 ? &slot.value : nullptr;
}

void PairIndex::insert(std::uint64_t first, std::uint64_t second, std::uint32_t value) {
    SALLYPORT_CHECK(first != 0);
    if (2 * (size_ + 1) > slots_.size()) resize(2 * slots_.size());
    Slot& slot = slots_[locate(first, second)];
    SALLYPORT_CHECK(slot.first == 0);
    slot = {first, second, value};
    ++size_;
}

bool PairIndex::erase(std::uint64_t first, std::uint64_t second) noexcept {
    std::size_t hole = locate(first, second);
    if (slots_[hole].first == 0) return false;
    // Whatever stands behind the hole and may stand nearer to its home moves up, so that no search
    // stops too early.
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = (hole + 1) & mask; slots_[at].first != 0; at = (at + 1) & mask) {
        const std::size_t wanted = home(slots_[at].first, slots_[at].second);
        if (((at - wanted) & mask) >= ((at - hole) & mask)) {
            slots_[hole] = slots_[at];
            hole = at;
        }
    }
    slots_[hole] = {};
    --size_;
    return true;
}

void PairIndex::resize(std::size_t slots) {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
    for (const Slot& slot : old) {
        if (slot.first != 0) slots_[locate(slot.first, slot.second)] = slot;
    }
}

}  // namespace sallyport::wamp
