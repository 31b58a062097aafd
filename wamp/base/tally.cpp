#include "wamp/base/tally.h"

#include <algorithm>

namespace sallyport::wamp {

std::optional<Tally::Lease> Tally::acquire(const Bounds& bounds) {
    const auto counted = [](const Bound& bound) { return bound.most != 0; };
    Lease lease;
    if (std::none_of(bounds.begin(), bounds.end(), counted)) return lease;
    const bool full = std::any_of(bounds.begin(), bounds.end(), [&](const Bound& bound) {
        const auto found = counted(bound) ? counts_.find(bound.key) : counts_.end();
        return found != counts_.end() && found->second >= bound.most;
    });
    if (full) return std::nullopt;
    for (const Bound& bound : bounds) {
        if (counted(bound)) ++counts_[bound.key];
    }
    lease.owner_ = this;
    lease.bounds_ = bounds;
    return lease;
}

void Tally::release(const Bounds& bounds) noexcept {
    for (const Bound& bound : bounds) {
        if (bound.most == 0) continue;
        const auto found = counts_.find(bound.key);
        if (--found->second == 0) counts_.erase(found);
    }
}

}  // namespace sallyport::wamp
