#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wamp/base/instant.h"

namespace sallyport::wamp {

/// A point in civil time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
using Timestamp = std::chrono::duration<std::int64_t, std::micro>;

/// The civil time of instants, as a shell last told: a core has no clock of its own.
class CivilTime {
public:
    CivilTime() = default;
    /// `time` is that of `now`.
    CivilTime(Timestamp time, Instant now) noexcept : of_zero_(time - since_zero(now)) {}

    Timestamp at(Instant instant) const noexcept { return of_zero_ + since_zero(instant); }

private:
    static Timestamp since_zero(Instant instant) noexcept {
        return std::chrono::duration_cast<Timestamp>(instant.time_since_epoch());
    }

    Timestamp of_zero_{};
};

/// As RFC 3339 writes it, in UTC with microseconds: `2026-12-01T09:30:00.000000Z`.
std::string to_rfc3339(Timestamp time);
/// Any date and time of RFC 3339 (section 5.6); digits beyond microseconds are cut off.
std::optional<Timestamp> parse_rfc3339(std::string_view text) noexcept;

}  // namespace sallyport::wamp
