#pragma once

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "policy/door/peers.h"
#include "wamp/base/ids.h"
#include "wamp/base/instant.h"
#include "wamp/session/outbox.h"

namespace sallyport::policy {

/// Makes those pay for denials who cause them: a peer whose requests are denied more often than the
/// rate allows is not read until it has waited for the excess. So a flood of denied requests takes
/// neither processor time nor room in the audit log from others. As many denials as the rate allows
/// in a second cost nothing at first.
class DenialPace {
public:
    /// `per_second` is at least 1.
    explicit DenialPace(std::size_t per_second) noexcept
        : cost_(std::chrono::nanoseconds(std::chrono::seconds(1)) /
                static_cast<std::int64_t>(std::max<std::size_t>(per_second, 1))) {}

    /// A request of the peer was denied.
    void count(Peer& peer, wamp::Instant now) {
        peer.denials_until = std::max(peer.denials_until, now) + cost_;
        if (peer.denials_until - now <= free_time) return;
        waiting_.emplace(peer.denials_until - free_time, peer.id);
        paused_ = true;
    }
    /// Whether the peer of the last message is to be paused; once.
    bool take_paused() noexcept { return std::exchange(paused_, false); }

    void on_deadline(wamp::Instant now, wamp::Outbox& out) {
        while (deadline() <= now) {
            out.push_back(wamp::effect::Resume{waiting_.begin()->second});
            waiting_.erase(waiting_.begin());
        }
    }
    wamp::Instant deadline() const noexcept {
        return waiting_.empty() ? wamp::never : waiting_.begin()->first;
    }

private:
    static constexpr wamp::Duration free_time = std::chrono::seconds(1);

    wamp::Duration cost_;
    std::set<std::pair<wamp::Instant, wamp::PeerId>> waiting_;
    bool paused_ = false;
};

}  // namespace sallyport::policy
