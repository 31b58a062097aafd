#include "policy/door/join_pace.h"

#include <algorithm>

namespace sallyport::policy {

void JoinPace::expect(Peer& peer, wamp::Instant now) {
    if (unlimited_) return;
    const std::uint64_t circuit = peer.transport.circuit;
    const wamp::IdPair key{circuit, circuit == 0 ? static_cast<wamp::Id>(peer.id) : 0};
    auto found = circuits_.find(key);
    if (found == circuits_.end()) {
        if (!make_room(now)) return;
        found = circuits_.emplace(key, now).first;
    }
    wamp::Instant& until = found->second;
    until = std::min(std::max(until, now) + cost_, now + debt_max_);
    if (until - now <= free_time) return;
    peer.join_at = until - free_time;
    waiting_.emplace(peer.join_at, peer.id);
    ++delayed_;
    paused_ = true;
}

/// Forgets from time to time who may join as if nothing had been. Returns whether one more circuit
/// can be remembered.
bool JoinPace::make_room(wamp::Instant now) {
    if (circuits_.size() < sweep_at_) return true;
    erase_if(circuits_, [now](const auto& entry) { return entry.second <= now; });
    sweep_at_ = std::min(circuits_max, std::max(swept_least, 2 * circuits_.size()));
    return circuits_.size() < circuits_max;
}

void JoinPace::on_deadline(wamp::Instant now, wamp::Outbox& out) {
    while (deadline() <= now) {
        out.push_back(wamp::effect::Resume{waiting_.begin()->second});
        waiting_.erase(waiting_.begin());
    }
}

}  // namespace sallyport::policy
