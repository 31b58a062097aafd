#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "wamp/base/instant.h"

namespace sallyport::backend_link {

/// What an end of a link knows of it, copied: it may be read on another thread. Of an inside, the
/// members after `round_trip` are zero.
struct LinkSnapshot {
    std::string name;
    bool up = false;
    std::uint64_t ups = 0;  ///< how often it has come up
    /// Between a probe and the next byte; nothing before the first one.
    std::optional<wamp::Duration> round_trip;
    bool drained = false;
    std::size_t calls = 0;
    std::size_t invocations = 0;
    std::size_t subscriptions = 0;
    std::size_t registrations = 0;
    std::size_t publications = 0;  ///< not acknowledged yet
    std::size_t waiting = 0;       ///< requests that wait for it to come up
    std::size_t held = 0;          ///< messages that wait for it to have room
    std::size_t held_bytes = 0;
    std::uint64_t events = 0;  ///< received
};

}  // namespace sallyport::backend_link
