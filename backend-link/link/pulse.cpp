#include "backend-link/link/pulse.h"

#include <algorithm>

namespace sallyport::backend_link {

void Pulse::begin(wamp::Instant now) noexcept {
    open_ = true;
    dialling_ = false;
    asking_ = false;
    heard_ = now;
    probed_ = now;
    dial_after_ = now;
    round_trip_.reset();
}

Pulse::Due Pulse::on_deadline(wamp::Instant now) noexcept {
    if (!open_) return Due::nothing;
    if (now - heard_ >= limits_.dead_after) return Due::dead;
    const bool probes = now >= std::max(heard_, probed_) + limits_.heartbeat;
    const bool dials = now >= dial_due();
    if (probes) {
        probed_ = now;
        asking_ = true;
    }
    if (dials) dialling_ = true;
    if (probes && dials) return Due::probe_and_dial;
    if (probes) return Due::probe;
    return dials ? Due::dial : Due::nothing;
}

void Pulse::on_dial_failed(wamp::Instant now, wamp::Duration wait) noexcept {
    dialling_ = false;
    dial_after_ = now + wait;
}

wamp::Instant Pulse::dial_due() const noexcept {
    if (!dials_ || dialling_) return wamp::never;
    return std::max(heard_ + limits_.suspect_after, dial_after_);
}

wamp::Instant Pulse::deadline() const noexcept {
    if (!open_) return wamp::never;
    return std::min(
        {std::max(heard_, probed_) + limits_.heartbeat, dial_due(), heard_ + limits_.dead_after});
}

}  // namespace sallyport::backend_link
