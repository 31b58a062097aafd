#include "policy/auth/join_failures.h"

#include <string>

namespace sallyport::policy {

std::uint32_t JoinFailures::Table::failures(std::uint64_t key, wamp::Instant now) const noexcept {
    const auto found = windows_.find(key);
    return found == windows_.end() || found->second.until <= now ? 0 : found->second.failures;
}

void JoinFailures::Table::forget_oldest() {
    const auto [until, key] = order_.front();
    order_.pop_front();
    const auto found = windows_.find(key);
    // A key that was counted again has a later window, and a later entry in the order.
    if (found != windows_.end() && found->second.until == until) windows_.erase(found);
}

std::uint32_t JoinFailures::Table::count(std::uint64_t key, wamp::Duration window,
                                         wamp::Instant now) {
    while (!order_.empty() && order_.front().first <= now) forget_oldest();
    const auto found = windows_.find(key);
    if (found != windows_.end() && found->second.until > now) return ++found->second.failures;
    while (order_.size() >= entries_max) forget_oldest();
    windows_[key] = {now + window, 1};
    order_.emplace_back(now + window, key);
    return 1;
}

std::uint64_t JoinFailures::key_of(std::string_view realm, std::string_view name) const noexcept {
    const auto digest = crypto::hmac_sha256(
        crypto::as_text(crypto::hmac_sha256(crypto::as_text(key_), realm)), name);
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < 8; ++i) key = key << 8U | digest[i];
    return key;
}

bool JoinFailures::blocks(std::uint64_t circuit, std::string_view realm, std::string_view name,
                          const FailureLimits& limits, wamp::Instant now) const noexcept {
    if (circuit != 0 && circuits_.failures(circuit, now) >= limits.per_circuit) return true;
    return !name.empty() && names_.failures(key_of(realm, name), now) >= limits.per_authid;
}

bool JoinFailures::count(std::uint64_t circuit, std::string_view realm, std::string_view name,
                         const FailureLimits& limits, wamp::Instant now) {
    if (!name.empty()) names_.count(key_of(realm, name), limits.window, now);
    return circuit != 0 && circuits_.count(circuit, limits.window, now) == limits.per_circuit;
}

}  // namespace sallyport::policy
