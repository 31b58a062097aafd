#include "wamp/net/due_list.h"

#include <utility>

#include "wamp/net/connections.h"

namespace sallyport::wamp {

DueList::DueList(boost::asio::io_context& io, std::function<void()> on_due)
    : timer_(io), on_due_(std::move(on_due)) {}

void DueList::add(PeerId peer, Instant when, Duration step) {
    const Instant end = when + step - when.time_since_epoch() % step;
    steps_[end].push_back(peer);
    arm();
}

std::vector<PeerId> DueList::take(Instant now) {
    std::vector<PeerId> due;
    while (!steps_.empty() && steps_.begin()->first <= now) {
        const std::vector<PeerId>& step = steps_.begin()->second;
        due.insert(due.end(), step.begin(), step.end());
        steps_.erase(steps_.begin());
    }
    return due;
}

void DueList::arm() {
    if (steps_.empty() || steps_.begin()->first >= armed_) return;
    armed_ = steps_.begin()->first;
    timer_.expires_after(armed_ - now());
    timer_.async_wait([this, guard = std::weak_ptr<char>(alive_)](boost::system::error_code ec) {
        if (ec || guard.expired()) return;
        armed_ = never;
        on_due_();
        arm();
    });
}

}  // namespace sallyport::wamp
