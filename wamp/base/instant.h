#pragma once

#include <chrono>
#include <cstdint>

namespace sallyport::wamp {

/// The clock that every core function is handed its time from. It has no `now()` on purpose: only a
/// shell or the simulator knows what time it is.
struct LoopClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<LoopClock>;
    static constexpr bool is_steady = true;
};

using Instant = LoopClock::time_point;
using Duration = LoopClock::duration;

/// The deadline of a machine that waits for nothing.
inline constexpr Instant never = Instant::max();

}  // namespace sallyport::wamp
