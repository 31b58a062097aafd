#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sallyport::wamp::flow {

/// What has to be done because memory is short. Each step includes those before it.
enum class Pressure : std::uint8_t {
    none,
    slow,       ///< whoever has much queued is not read until he has read it
    refuse,     ///< no new connections
    strangers,  ///< connections that have not logged in are ended
    members,    ///< sessions are ended, those first that cost most
};

/// The memory of a process for everything that others cause: what is used, and what follows from
/// it. Pure; its owner does the sums and carries out the steps.
class Budget {
public:
    /// `limit` in bytes.
    explicit Budget(std::size_t limit) noexcept : limit_(std::max<std::size_t>(limit, 1)) {}

    /// The sum of everything is now `bytes`.
    void set_used(std::size_t bytes) noexcept {
        used_ = bytes;
        peak_ = std::max(peak_, bytes);
        spike_ = std::max(spike_, bytes);
    }

    Pressure pressure() const noexcept {
        if (used_ >= limit_) return Pressure::members;
        if (used_ >= part(7)) return Pressure::strangers;
        if (used_ >= part(6)) return Pressure::refuse;
        return used_ >= part(5) ? Pressure::slow : Pressure::none;
    }
    /// So much has to be freed to get below the step of `pressure()`, if it ends connections.
    std::size_t excess() const noexcept {
        const std::size_t goal = pressure() == Pressure::members ? part(7) : part(6);
        return pressure() < Pressure::strangers ? 0 : used_ - goal;
    }
    /// Whether a spike is over, so that it is worth giving memory back to the system. Once for
    /// each.
    bool take_spike() noexcept {
        if (spike_ < used_ + spike_bytes || used_ > spike_ / 2) return false;
        spike_ = used_;
        return true;
    }

    std::size_t limit() const noexcept { return limit_; }
    /// What one circuit, or one peer without a circuit, may use when memory is short.
    std::size_t share() const noexcept { return part(2); }
    std::size_t used() const noexcept { return used_; }
    /// The most that was used at one time.
    std::size_t peak() const noexcept { return peak_; }

private:
    static constexpr std::size_t spike_bytes = 4u << 20;
    std::size_t part(std::size_t eighths) const noexcept { return limit_ / 8 * eighths; }

    std::size_t limit_;
    std::size_t used_ = 0;
    std::size_t peak_ = 0;
    std::size_t spike_ = 0;  ///< the most since the last one
};

}  // namespace sallyport::wamp::flow
