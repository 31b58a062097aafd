#include "wamp/flow/silence.h"

#include <algorithm>

namespace sallyport::wamp::flow {

Silence::Step Silence::on_deadline(Instant now, const SilenceLimits& limits,
                                   const Signs& signs) noexcept {
    if (now < since_ + (pinged_ ? limits.answer_within : limits.ping_after)) return Step::nothing;
    if (signs.unread || (pinged_ && still_reads(signs))) {
        on_bytes(now);
        return Step::nothing;
    }
    if (pinged_) return Step::gone;
    since_ = now;
    in_kernel_ = signs.in_kernel;
    written_ = signs.written;
    blocked_ = signs.blocked;
    pinged_ = true;
    return Step::ping;
}

// A PING that is answered soon must not delay the next one until its own time is over.
Instant Silence::deadline(Instant now, const SilenceLimits& limits) const noexcept {
    if (!pinged_) return std::max(now, since_ + limits.ping_after);
    return std::min(std::max(now, since_ + limits.answer_within), now + limits.ping_after);
}

}  // namespace sallyport::wamp::flow
