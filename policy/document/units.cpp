#include "policy/document/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <span>

namespace sallyport::policy {
namespace {

constexpr std::int64_t duration_max_ms = std::int64_t{30} * 24 * 3600 * 1000;
constexpr std::uint64_t bytes_max = std::uint64_t{1} << 40U;
constexpr double rate_per_s_max = 1e6;

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// Largest first, as formatting uses the first unit that divides the amount.
constexpr std::array duration_units{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                                    Unit{"ms", 1}};
constexpr std::array bytes_units{Unit{"GiB", 1U << 30U}, Unit{"MiB", 1U << 20U},
                                 Unit{"KiB", 1U << 10U}, Unit{"B", 1}};
constexpr std::array rate_units{Unit{"/s", 1}, Unit{"/m", 60}, Unit{"/h", 3600}};

struct Amount {
    std::uint64_t number;
    std::string_view unit;
};

std::optional<Amount> split(std::string_view text) noexcept {
    Amount amount{};
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, amount.number);
    if (error != std::errc{} || amount.number == 0) return std::nullopt;
    amount.unit = text.substr(static_cast<std::size_t>(rest - text.data()));
    return amount;
}

std::optional<std::uint64_t> scale(const Amount& amount, std::span<const Unit> units,
                                   std::uint64_t max) noexcept {
    for (const Unit& unit : units) {
        if (unit.name != amount.unit) continue;
        if (amount.number > max / unit.factor) return std::nullopt;
        return amount.number * unit.factor;
    }
    return std::nullopt;
}

std::string format(std::uint64_t number, std::span<const Unit> units) {
    for (const Unit& unit : units) {
        if (number % unit.factor == 0)
            return std::to_string(number / unit.factor) + std::string(unit.name);
    }
    return std::to_string(number);
}

}  // namespace

std::optional<wamp::Duration> parse_duration(std::string_view text) noexcept {
    const auto amount = split(text);
    if (!amount) return std::nullopt;
    const auto ms = scale(*amount, duration_units, static_cast<std::uint64_t>(duration_max_ms));
    if (!ms) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(*ms));
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) noexcept {
    auto amount = split(text);
    if (!amount) return std::nullopt;
    if (amount->unit.empty()) amount->unit = "B";
    return scale(*amount, bytes_units, bytes_max);
}

std::optional<double> parse_rate(std::string_view text) noexcept {
    const auto amount = split(text);
    if (!amount) return std::nullopt;
    for (const Unit& unit : rate_units) {
        if (unit.name != amount->unit) continue;
        const double rate = static_cast<double>(amount->number) / static_cast<double>(unit.factor);
        if (rate > rate_per_s_max) return std::nullopt;
        return rate;
    }
    return std::nullopt;
}

std::string format_duration(wamp::Duration duration) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    return ms == 0 ? "0s" : format(static_cast<std::uint64_t>(ms), duration_units);
}

std::string format_bytes(std::uint64_t bytes) {
    return format(bytes, bytes_units);
}

std::string format_rate(double rate_per_s) {
    for (const Unit& unit : rate_units) {
        const double number = rate_per_s * static_cast<double>(unit.factor);
        const double whole = std::round(number);
        if (whole >= 1 && std::abs(number - whole) < 1e-6) {
            return std::to_string(static_cast<std::uint64_t>(whole)) + std::string(unit.name);
        }
    }
    return std::to_string(rate_per_s) + "/s";
}

}  // namespace sallyport::policy
