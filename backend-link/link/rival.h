#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "wamp/base/ids.h"
#include "wamp/base/instant.h"

namespace sallyport::backend_link {

/// A second transport for a link that has one: the far end has dialled again because the first one
/// is dead, or its key is used in two places. The first one is probed. If it has said anything
/// after a while it stands and the rival is refused; otherwise the rival takes its place. The while
/// is short if the first one has left a probe unanswered already. There is one rival at a time:
/// others are refused at once.
class Rival {
public:
    static constexpr wamp::Duration answer_wait = std::chrono::seconds(1);
    static constexpr wamp::Duration suspect_wait = std::chrono::milliseconds(100);
    enum class Verdict : std::uint8_t { none, refuse, take };

    /// There is none. The caller probes the first transport.
    void begin(wamp::PeerId peer, std::string address, bool first_is_suspect, wamp::Instant now) {
        peer_ = peer;
        address_ = std::move(address);
        since_ = now;
        due_ = now + (first_is_suspect ? suspect_wait : answer_wait);
    }
    bool exists() const noexcept { return peer_ != wamp::no_peer; }
    bool is(wamp::PeerId peer) const noexcept { return exists() && peer == peer_; }
    const std::string& address() const noexcept { return address_; }
    /// `heard`: when the first transport last said something.
    Verdict on_deadline(wamp::Instant now, wamp::Instant heard) const noexcept {
        if (now < deadline()) return Verdict::none;
        return heard > since_ ? Verdict::refuse : Verdict::take;
    }
    wamp::Instant deadline() const noexcept { return exists() ? due_ : wamp::never; }
    /// It is refused, takes the link, or has gone.
    wamp::PeerId end() noexcept { return std::exchange(peer_, wamp::no_peer); }

private:
    wamp::PeerId peer_ = wamp::no_peer;
    std::string address_;
    wamp::Instant since_{};
    wamp::Instant due_ = wamp::never;
};

}  // namespace sallyport::backend_link
