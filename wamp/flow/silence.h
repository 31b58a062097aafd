#pragma once

#include <cstdint>

#include "wamp/base/instant.h"

namespace sallyport::wamp::flow {

/// How long a peer may say nothing. Zero: for ever.
struct SilenceLimits {
    Duration ping_after{};     ///< without a byte a PING is sent
    Duration answer_within{};  ///< after the PING any byte must come
    bool operator==(const SilenceLimits&) const = default;
    bool is_off() const noexcept { return ping_after == Duration::zero(); }
};

/// Decides when a peer that says nothing is sent a PING, and when it counts as gone. A byte that
/// comes costs one assignment; its timer looks at that when it is due anyway. A peer whose bytes
/// wait to be read has said something, and one that still reads what it was sent before the PING
/// may not have come to it yet.
class Silence {
public:
    enum class Step : std::uint8_t { nothing, ping, gone };
    /// What is known of the transport.
    struct Signs {
        bool unread = false;   ///< bytes of the peer wait to be read
        bool blocked = false;  ///< the kernel takes nothing more for the peer until it reads
        /// What the kernel holds for the peer, in any unit, and what it was ever given.
        std::uint32_t in_kernel = 0;
        std::uint32_t written = 0;
    };

    void begin(Instant now) noexcept { on_bytes(now); }
    void on_bytes(Instant now) noexcept {
        since_ = now;
        pinged_ = false;
    }
    Step on_deadline(Instant now, const SilenceLimits& limits, const Signs& signs) noexcept;
    /// When on_deadline() is next due if it has just been called.
    Instant deadline(Instant now, const SilenceLimits& limits) const noexcept;

private:
    /// Whether the peer has read something since the PING that was sent before it.
    bool still_reads(const Signs& signs) const noexcept {
        return (blocked_ && signs.written != written_) || signs.in_kernel < in_kernel_;
    }

    Instant since_{};  ///< when the last byte came or, if `pinged_`, when the PING was sent
    std::uint32_t in_kernel_ = 0;  ///< these three: when the PING was sent
    std::uint32_t written_ = 0;
    bool blocked_ = false;
    bool pinged_ = false;  ///< since the last byte
};

}  // namespace sallyport::wamp::flow
