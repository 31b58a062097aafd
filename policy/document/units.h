#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wamp/base/instant.h"

namespace sallyport::policy {

// Amounts in configuration files: an integer and a unit, without a space. Zero is refused: a limit
// of zero means that the rule should not exist.

/// "250ms", "10s", "2m", "1h"; from 1 ms up to 30 days.
std::optional<wamp::Duration> parse_duration(std::string_view text) noexcept;
/// "64KiB", "1MiB", "1GiB", "512B" or "512"; from 1 byte up to 1 TiB.
std::optional<std::uint64_t> parse_bytes(std::string_view text) noexcept;
/// "20/s", "5/m", "100/h" as a number per second; up to a million per second.
std::optional<double> parse_rate(std::string_view text) noexcept;

/// The inverse of parse_…, in the largest unit that is exact.
std::string format_duration(wamp::Duration duration);
std::string format_bytes(std::uint64_t bytes);
std::string format_rate(double rate_per_s);

}  // namespace sallyport::policy
