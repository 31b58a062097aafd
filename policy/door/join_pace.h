#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

#include "policy/door/peers.h"
#include "wamp/base/id_map.h"
#include "wamp/base/ids.h"
#include "wamp/base/instant.h"
#include "wamp/session/outbox.h"

namespace sallyport::policy {

/// Gives each Tor circuit its share of joins: a peer is not read, and so cannot send its HELLO,
/// before its circuit may join again. As many joins as the rate allows in a second cost nothing at
/// first. Whoever waits longer than its deadline for joining ends like everybody who misses it. A
/// peer without a circuit counts as its own; it waits if it leaves and joins again too often.
class JoinPace {
public:
    /// Circuits that are remembered: those that have joined within the last second, and those of
    /// waiting peers. Beyond that, one more circuit does not have to wait.
    static constexpr std::size_t circuits_max = 65'536;

    /// `per_second` is at least 1, SIZE_MAX for no limit. Nobody waits longer than `wait_max`.
    JoinPace(std::size_t per_second, wamp::Duration wait_max) noexcept
        : unlimited_(per_second == SIZE_MAX),
          cost_(unlimited_ ? wamp::Duration::zero()
                           : std::chrono::nanoseconds(std::chrono::seconds(1)) /
                                 static_cast<std::int64_t>(per_second)),
          debt_max_(free_time + wait_max) {}

    /// The peer is expected to join.
    void expect(Peer& peer, wamp::Instant now);
    /// The peer's connection is closed.
    void leave(const Peer& peer) noexcept { waiting_.erase({peer.join_at, peer.id}); }
    /// Whether the peer of the last expect() is to be paused; once.
    bool take_paused() noexcept { return std::exchange(paused_, false); }

    void on_deadline(wamp::Instant now, wamp::Outbox& out);
    wamp::Instant deadline() const noexcept {
        return waiting_.empty() ? wamp::never : waiting_.begin()->first;
    }

    std::size_t waiting() const noexcept { return waiting_.size(); }
    std::uint64_t delayed() const noexcept { return delayed_; }  ///< peers that have had to wait
    std::size_t circuits() const noexcept { return circuits_.size(); }

private:
    static constexpr wamp::Duration free_time = std::chrono::seconds(1);
    static constexpr std::size_t swept_least = 64;

    bool make_room(wamp::Instant now);

    bool unlimited_;
    wamp::Duration cost_;
    wamp::Duration debt_max_;
    /// Until when a circuit has used its share. A time in the past means the same as none.
    wamp::IdPairMap<wamp::Instant> circuits_;
    std::size_t sweep_at_ = swept_least;
    std::set<std::pair<wamp::Instant, wamp::PeerId>> waiting_;
    std::uint64_t delayed_ = 0;
    bool paused_ = false;
};

}  // namespace sallyport::policy
