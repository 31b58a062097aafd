#pragma once

#include <chrono>
#include <cstdint>

namespace sallyport::wamp {

/// The clock of the instants that every core function is given. It has no `now()` on purpose: only
/// a shell or the simulator knows the time.
struct LoopClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<LoopClock>;
    static constexpr bool is_steady = true;
};

using Instant = LoopClock::time_point;
using Duration = LoopClock::duration;

/// The deadline of a state machine that is not waiting.
inline constexpr Instant never = Instant::max();

}  // namespace sallyport::wamp
