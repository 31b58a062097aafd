#pragma once

#include <chrono>
#include <cstdint>

#include "wamp/base/instant.h"
#include "wamp/base/random.h"

namespace sallyport::backend_link {

/// Waiting times between connection attempts, with full jitter and no limit on their number. A peer
/// that could not be reached is tried again within 300 ms, so a link recovers within a second after
/// its path does. A peer that was reached and then ended the connection is left alone for longer
/// each time, 100 ms to 5 s, unless the link had been up for stood_for.
class Backoff {
public:
    static constexpr wamp::Duration stood_for = std::chrono::seconds(10);

    explicit Backoff(wamp::Random random) noexcept : random_(random) {}
    /// The session is established.
    void up(wamp::Instant now) noexcept { up_since_ = now; }
    /// After a connection that was open has ended.
    wamp::Duration after_end(wamp::Instant now) noexcept;
    /// After an attempt that did not lead to a connection.
    wamp::Duration after_no_answer() noexcept;
    /// Connections that ended since the link last stood.
    std::uint32_t attempts() const noexcept { return attempts_; }

private:
    wamp::Duration below(wamp::Duration bound) noexcept;

    wamp::Random random_;
    std::uint32_t attempts_ = 0;
    bool reached_ = true;  ///< the last time
    wamp::Instant up_since_ = wamp::never;
};

}  // namespace sallyport::backend_link
