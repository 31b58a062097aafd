// What the calls over the links say about the backends: which are ejected, and which return.
#include <algorithm>
#include <chrono>
#include <string>

#include "gateway/front/front.h"
#include "gateway/front/rendezvous.h"
#include "wamp/session/notes.h"

namespace sallyport::gateway {

using Level = wamp::effect::Note::Level;

namespace {

std::string in_seconds(wamp::Duration time) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

unsigned Front::rank_of(const Backend& backend) noexcept {
    if (!backend.bridge.up()) return 3;
    if (backend.drained) return 2;
    return backend.health.ejected() ? 1 : 0;
}

bool Front::has_returned_for(std::string_view key, const Backend& backend,
                             wamp::Instant now) noexcept {
    const std::uint32_t share = backend.health.share(now);
    // Another hash than that which chooses among the backends.
    return share >= 100 || rendezvous_weight(backend.name, key) % 100 < std::uint64_t{share};
}

bool Front::may_eject(const Backend& backend, wamp::Instant now) const {
    const BackendNumber number = index_of(backend);
    const auto lists = routes_.lists_with(number);
    const auto own = backend.health.sums(now);
    return !lists.empty() && std::all_of(lists.begin(), lists.end(), [&](const auto& numbers) {
        std::size_t ejected = 1;
        bool is_left = false;
        backend_link::Health::Sums others;
        for (const BackendNumber each : numbers) {
            if (each == number) continue;
            const Backend& other = *backends_[each];
            if (other.health.ejected()) ++ejected;
            if (rank_of(other) != 0) continue;
            is_left = true;
            const auto sums = other.health.sums(now);
            others.calls += sums.calls;
            others.failed += sums.failed;
        }
        return is_left && ejected * 2 <= numbers.size() &&
               own.failed_percent() >= others.failed_percent() * 2;
    });
}

void Front::judge_health(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    end_ejection(backend, now, out);
    if (!backend.health.fails(now) || !may_eject(backend, now)) return;
    const auto last = backend.health.sums(now);
    backend.health.eject(now);
    wamp::note(out, Level::warning, "link ", backend.name, ": ejected for ",
               in_seconds(backend.health.ejected_for()), ", as ", std::to_string(last.failed),
               " of its last ", std::to_string(last.calls),
               " calls failed: new requests go to the other backends of its routes");
}

void Front::end_ejection(Backend& backend, wamp::Instant now, wamp::Outbox& out) {
    if (!backend.health.on_deadline(now)) return;
    wamp::note(out, Level::info, "link ", backend.name,
               ": not ejected any more; its share of spread calls grows again");
}

}  // namespace sallyport::gateway
