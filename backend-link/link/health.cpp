#include "backend-link/link/health.h"

#include <algorithm>

namespace sallyport::backend_link {

void Health::on_answer(wamp::Duration took, wamp::Instant now) noexcept {
    roll(now);
    ++current_.calls;
    current_.took += took;
}

void Health::on_failure(wamp::Instant now) noexcept {
    roll(now);
    ++current_.calls;
    ++current_.failed;
}

void Health::on_up(wamp::Instant now) noexcept {
    if (was_lost_) returned_ = now;
    was_lost_ = false;
}

void Health::roll(wamp::Instant now) noexcept {
    if (now - since_ < limits_.window) return;
    previous_ = now - since_ < 2 * limits_.window ? current_ : Sums{};
    current_ = {};
    since_ = now;
}

Health::Sums Health::sums(wamp::Instant now) const noexcept {
    Health rolled = *this;
    rolled.roll(now);
    return {rolled.current_.calls + rolled.previous_.calls,
            rolled.current_.failed + rolled.previous_.failed,
            rolled.current_.took + rolled.previous_.took};
}

bool Health::fails(wamp::Instant now) const noexcept {
    const Sums last = sums(now);
    return !ejected() && last.failed != 0 && last.calls >= limits_.calls_min &&
           last.failed * 100 >= last.calls * limits_.failed_percent;
}

void Health::eject(wamp::Instant now) noexcept {
    if (now - calm_since_ >= ejected_for()) ejections_ = 0;
    ++ejections_;
    until_ = now + ejected_for();
    returned_ = wamp::never;
}

wamp::Duration Health::ejected_for() const noexcept {
    // No count of ejections can overflow.
    const auto most = limits_.eject_max / limits_.eject + 1;
    return std::min(limits_.eject_max,
                    limits_.eject * std::min<wamp::Duration::rep>(ejections_, most));
}

bool Health::on_deadline(wamp::Instant now) noexcept {
    if (now < until_) return false;
    // What it did before says nothing about it now.
    current_ = previous_ = {};
    since_ = calm_since_ = returned_ = now;
    until_ = wamp::never;
    return true;
}

std::uint32_t Health::share(wamp::Instant now) const noexcept {
    if (ejected()) return 0;
    if (returned_ == wamp::never || now - returned_ >= limits_.slow_return) return 100;
    return static_cast<std::uint32_t>(
        std::max<wamp::Duration::rep>(1, (now - returned_) * 100 / limits_.slow_return));
}

}  // namespace sallyport::backend_link
