#include "wamp/net/deadline_timer.h"

#include "wamp/net/connections.h"

namespace sallyport::wamp {

DeadlineTimer::DeadlineTimer(boost::asio::io_context& io, std::function<void()> on_due)
    : timer_(io), on_due_(std::move(on_due)) {}

void DeadlineTimer::move(PeerId peer, Instant from, Instant to) {
    if (from != never) deadlines_.erase({from, peer});
    if (to == never) return;
    deadlines_.emplace(to, peer);
    arm();
}

PeerId DeadlineTimer::due(Instant now) const noexcept {
    if (deadlines_.empty() || deadlines_.begin()->first > now) return no_peer;
    return deadlines_.begin()->second;
}

void DeadlineTimer::arm() {
    if (deadlines_.empty() || deadlines_.begin()->first >= armed_) return;
    armed_ = deadlines_.begin()->first;
    timer_.expires_after(armed_ - now());
    timer_.async_wait([this, guard = std::weak_ptr<char>(alive_)](boost::system::error_code ec) {
        if (ec || guard.expired()) return;
        armed_ = never;
        on_due_();
        arm();
    });
}

}  // namespace sallyport::wamp
