#include "policy/auth/join_failures.h"

#include <algorithm>

namespace sallyport::policy {
namespace {

/// The wait that failure number `failures` starts.
wamp::Duration wait_after(std::uint32_t failures, const FailureLimits& limits) noexcept {
    if (failures < limits.per_circuit) return wamp::Duration::zero();
    const wamp::Duration longest = std::max(limits.window, JoinFailures::wait_max);
    wamp::Duration wait = limits.window;
    for (std::uint32_t i = limits.per_circuit; i < failures && wait < longest; ++i) wait *= 2;
    return std::min(wait, longest);
}

}  // namespace

bool JoinFailures::waits(const JoinSource& source, wamp::Instant now) const noexcept {
    const auto found = entries_.find(source.key());
    return found != entries_.end() && found->second.until > now;
}

bool JoinFailures::suspects(const JoinSource& source, wamp::Instant now) const noexcept {
    const auto found = entries_.find(source.key());
    return found != entries_.end() && found->second.forget > now;
}

void JoinFailures::forget_first() noexcept {
    const auto [forget, first, second] = *order_.begin();
    entries_.erase(wamp::IdPair{first, second});
    order_.erase(order_.begin());
}

wamp::Duration JoinFailures::count(const JoinSource& source, const FailureLimits& limits,
                                   wamp::Instant now) {
    ++failed_;
    if (!source.is_known()) return wamp::Duration::zero();
    while (!order_.empty() && std::get<0>(*order_.begin()) <= now) forget_first();
    const wamp::IdPair key = source.key();
    if (!entries_.contains(key) && entries_.size() >= entries_max) forget_first();
    Entry& entry = entries_[key];
    order_.erase(place_of(key, entry));
    if (entry.failures < UINT32_MAX) ++entry.failures;
    const wamp::Duration wait = wait_after(entry.failures, limits);
    entry.until = now + wait;
    entry.forget = entry.until + std::max(wait, limits.window);
    order_.insert(place_of(key, entry));
    if (wait > wamp::Duration::zero()) ++waits_;
    return wait;
}

}  // namespace sallyport::policy
