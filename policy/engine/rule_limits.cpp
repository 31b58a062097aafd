#include "policy/engine/rule_limits.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport::policy {
namespace {

constexpr std::uint64_t step = 0x100000001B3U;  // FNV-1a

std::uint64_t mixed(std::uint64_t state, std::string_view bytes) noexcept {
    for (const char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * step;
    return state;
}

/// Mixes all bits; never 0, which means "no key".
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

bool bounds_anything(double rate_per_s, std::uint32_t in_flight) noexcept {
    return rate_per_s > 0 || in_flight != 0;
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

RuleLimits::Verdict RuleLimits::admit(std::string_view rule, const Limits& limits,
                                      const LimitSubject& who, bool is_call, wamp::Instant now,
                                      wamp::Tally::Lease& lease) {
    struct Scoped {
        std::uint64_t key = 0;
        double rate_per_s = 0;
    };
    std::array<Scoped, 3> rates;
    wamp::Tally::Bounds bounds;
    bool any = false;
    const auto scope = [&](Scope which, double rate_per_s, std::uint32_t in_flight, auto whose) {
        if (!bounds_anything(rate_per_s, in_flight)) return;
        const auto at = static_cast<std::size_t>(which);
        const std::uint64_t key = limit_key(secret_, rule, which, whose);
        rates[at] = {key, rate_per_s};
        bounds[at] = {key, is_call ? in_flight : 0};
        any = true;
    };
    scope(Scope::session, limits.rate_per_s, limits.in_flight, who.session);
    scope(Scope::authid, limits.authid.rate_per_s, limits.authid.in_flight, who.authid);
    scope(Scope::circuit, limits.circuit.rate_per_s, limits.circuit.in_flight, who.circuit);
    if (!any) return Verdict::within;

    const bool ready = std::all_of(rates.begin(), rates.end(), [&](const Scoped& each) {
        return rates_.ready(each.key, each.rate_per_s, now);
    });
    if (!ready) return Verdict::over_rate;
    auto place = open_.acquire(bounds);
    if (!place) return Verdict::over_in_flight;
    for (const auto& [key, rate_per_s] : rates) rates_.spend(key, rate_per_s, now);
    lease = *std::move(place);
    return Verdict::within;
}

}  // namespace sallyport::policy
