#include "policy/engine/rate_table.h"

#include <algorithm>
#include <bit>
#include <chrono>

namespace sallyport::policy {
namespace {

wamp::Duration seconds(double count) noexcept {
    return std::chrono::duration_cast<wamp::Duration>(std::chrono::duration<double>(count));
}

/// The time in which an empty bucket gains one token.
wamp::Duration first_token(double rate_per_s) noexcept {
    return seconds(1 / rate_per_s);
}

/// The time in which it becomes full.
wamp::Duration all_tokens(double rate_per_s) noexcept {
    return seconds(std::max(1.0, rate_per_s) / rate_per_s);
}

}  // namespace

RateTable::RateTable(std::size_t cells) noexcept
    : sets_(std::bit_ceil(std::max(cells, ways) / ways)) {}

const RateTable::Cell* RateTable::find(std::uint64_t key) const noexcept {
    if (cells_.empty()) return nullptr;
    const Cell* const set = &cells_[(key & (sets_ - 1)) * ways];
    const Cell* const found =
        std::find_if(set, set + ways, [key](const Cell& cell) { return cell.key == key; });
    return found == set + ways ? nullptr : found;
}

bool RateTable::ready(std::uint64_t key, double rate_per_s, wamp::Instant now) const noexcept {
    if (rate_per_s <= 0) return true;
    const Cell* const cell = find(key);
    if (cell == nullptr || cell->full_at <= now) return true;
    return cell->full_at - now <= all_tokens(rate_per_s) - first_token(rate_per_s);
}

void RateTable::spend(std::uint64_t key, double rate_per_s, wamp::Instant now) {
    if (rate_per_s <= 0) return;
    if (cells_.empty()) cells_.resize(sets_ * ways);
    Cell* const set = &cells_[(key & (sets_ - 1)) * ways];
    Cell* cell = std::find_if(set, set + ways, [key](const Cell& each) { return each.key == key; });
    if (cell == set + ways) {
        cell = std::min_element(set, set + ways,
                                [](const Cell& a, const Cell& b) { return a.full_at < b.full_at; });
        *cell = {key, now};
    }
    cell->full_at = std::max(cell->full_at, now) + first_token(rate_per_s);
}

}  // namespace sallyport::policy
