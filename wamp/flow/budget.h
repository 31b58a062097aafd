#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sallyport::wamp::flow {

/// What has to be done because memory is short.
enum class Pressure : std::uint8_t {
    none,
    slow,  ///< whoever has much queued is not read until he has read it
    full,  ///< connections are ended: those without a session first, then those that cost most
};

/// The memory of a process for the connections of others: what is used, and what follows from it.
/// Pure; its owner does the sums and carries out the steps.
class Budget {
public:
    /// `limit` in bytes. An eighth is for what comes between two looks at the sum.
    explicit Budget(std::size_t limit) noexcept : limit_(std::max<std::size_t>(limit, 1)) {}

    /// The connections, with what ends with them, now use `bytes`. `held` is the rest, which has
    /// limits of its own and causes no pressure.
    void set_used(std::size_t bytes, std::size_t held) noexcept {
        used_ = bytes;
        held_ = held;
        peak_ = std::max(peak_, bytes + held);
        spike_ = std::max(spike_, bytes + held);
    }

    Pressure pressure() const noexcept {
        if (used_ >= part(14)) return Pressure::full;
        return used_ >= part(10) ? Pressure::slow : Pressure::none;
    }
    /// What `used()` has to come down to when it is full.
    std::size_t goal() const noexcept { return part(13); }
    /// Whether a spike is over, so that it is worth giving memory back to the system. Once for
    /// each.
    bool take_spike() noexcept {
        const std::size_t total = used_ + held_;
        if (spike_ < total + spike_bytes || total > spike_ / 2) return false;
        spike_ = total;
        return true;
    }

    std::size_t limit() const noexcept { return limit_; }
    std::size_t used() const noexcept { return used_; }
    std::size_t held() const noexcept { return held_; }
    /// The most that was used and held at one time.
    std::size_t peak() const noexcept { return peak_; }

private:
    static constexpr std::size_t spike_bytes = 4u << 20;
    std::size_t part(std::size_t sixteenths) const noexcept { return limit_ / 16 * sixteenths; }

    std::size_t limit_;
    std::size_t used_ = 0;
    std::size_t held_ = 0;
    std::size_t peak_ = 0;
    std::size_t spike_ = 0;  ///< the most since the last one
};

}  // namespace sallyport::wamp::flow
