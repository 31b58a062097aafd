#include "policy/in_flight.h"

namespace sallyport::policy {
namespace {

constexpr std::uint64_t step = 0x100000001B3U;  // FNV-1a

std::uint64_t mixed(std::uint64_t state, std::string_view bytes) noexcept {
    for (const char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * step;
    return state;
}

/// Spreads it over all bits; never 0, which names nothing.
std::uint64_t finished(std::uint64_t state) noexcept {
    for (const std::uint64_t factor : {0xBF58476D1CE4E5B9U, 0x94D049BB133111EBU}) {
        state = (state ^ (state >> 30U)) * factor;
    }
    state ^= state >> 31U;
    return state == 0 ? 1 : state;
}

std::uint64_t begun(std::uint64_t secret, std::string_view rule, Scope scope) noexcept {
    const std::uint64_t state = mixed(secret ^ 0xCBF29CE484222325U, rule);
    return finished((state ^ static_cast<std::uint64_t>(scope)) * step);
}

}  // namespace

std::uint64_t limit_key(std::uint64_t secret, std::string_view rule, Scope scope,
                        std::string_view who) noexcept {
    return finished(mixed(begun(secret, rule, scope), who));
}

std::uint64_t limit_key(std::uint64_t secret, std::string_view rule, Scope scope,
                        std::uint64_t who) noexcept {
    return finished(begun(secret, rule, scope) ^ finished(who ^ secret));
}

std::optional<InFlight::Lease> InFlight::take(std::string_view rule, const Limits& limits,
                                              const Counted& who) {
    Lease lease;
    struct Bound {
        std::uint32_t most;
        std::uint64_t key;
    };
    const std::array<Bound, 3> bounds{
        Bound{limits.in_flight,
              limits.in_flight == 0 ? 0 : limit_key(secret_, rule, Scope::session, who.session)},
        Bound{limits.authid.in_flight, limits.authid.in_flight == 0
                                           ? 0
                                           : limit_key(secret_, rule, Scope::authid, who.authid)},
        Bound{limits.circuit.in_flight, limits.circuit.in_flight == 0
                                            ? 0
                                            : limit_key(secret_, rule, Scope::circuit, who.circuit)}};
    bool counted = false;
    for (const auto& [most, key] : bounds) {
        if (most == 0) continue;
        counted = true;
        const auto found = counts_.find(key);
        if (found != counts_.end() && found->second >= most) return std::nullopt;
    }
    if (!counted) return lease;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        if (bounds[i].most == 0) continue;
        ++counts_[bounds[i].key];
        lease.keys_[i] = bounds[i].key;
    }
    lease.owner_ = this;
    return lease;
}

void InFlight::release(const std::array<std::uint64_t, 3>& keys) noexcept {
    for (const std::uint64_t key : keys) {
        const auto found = key == 0 ? counts_.end() : counts_.find(key);
        if (found != counts_.end() && --found->second == 0) counts_.erase(found);
    }
}

}  // namespace sallyport::policy
