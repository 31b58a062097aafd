#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "wamp/base/instant.h"

namespace sallyport::backend_link {

/// Watches the far end of an open link for silence. After `heartbeat` without a byte it is probed,
/// and again after each further one. If a probe stays unanswered, the end that dials tries a second
/// connection beside the first (after `suspect_after`), as TCP may take seconds to notice that a
/// path has returned. After `dead_after` the link is dead.
class Pulse {
public:
    struct Limits {
        wamp::Duration heartbeat = std::chrono::seconds(1);
        wamp::Duration suspect_after = std::chrono::seconds(2);
        wamp::Duration dead_after = std::chrono::seconds(9);
        bool operator==(const Limits&) const = default;
    };
    /// What is due.
    enum class Due : std::uint8_t { nothing, probe, dial, probe_and_dial, dead };

    Pulse(Limits limits, bool dials) noexcept : limits_(limits), dials_(dials) {}

    /// The transport has been opened.
    void begin(wamp::Instant now) noexcept;
    void end() noexcept { open_ = false; }
    /// Any byte has come.
    void on_alive(wamp::Instant now) noexcept {
        heard_ = now;
        if (std::exchange(asking_, false)) round_trip_ = now - probed_;
    }
    /// From the last probe that was answered to the first byte after it; nothing before that.
    std::optional<wamp::Duration> round_trip() const noexcept { return round_trip_; }
    Due on_deadline(wamp::Instant now) noexcept;
    /// The second connection did not come about; the next attempt is due after `wait`.
    void on_dial_failed(wamp::Instant now, wamp::Duration wait) noexcept;
    /// The second connection was opened; another one is due after a heartbeat at the earliest.
    void on_dialled(wamp::Instant now) noexcept { on_dial_failed(now, limits_.heartbeat); }
    bool dialling() const noexcept { return dialling_; }
    bool is_suspect(wamp::Instant now) const noexcept {
        return open_ && now - heard_ >= limits_.suspect_after;
    }
    wamp::Instant heard() const noexcept { return heard_; }
    wamp::Instant deadline() const noexcept;

private:
    wamp::Instant dial_due() const noexcept;

    Limits limits_;
    bool dials_;
    bool open_ = false;
    bool dialling_ = false;
    bool asking_ = false;  ///< no byte has come since the last probe
    std::optional<wamp::Duration> round_trip_;
    wamp::Instant heard_{};
    wamp::Instant probed_{};      ///< or opened
    wamp::Instant dial_after_{};  ///< not before
};

}  // namespace sallyport::backend_link
