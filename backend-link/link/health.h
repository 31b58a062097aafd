#pragma once

#include <chrono>
#include <cstdint>

#include "wamp/base/instant.h"

namespace sallyport::backend_link {

/// What the calls over one link say about its far end: how many of the last ones failed there, how
/// long the others took, and thus whether new ones should go elsewhere for a while. A failed call
/// is one that was lost with the link, or that the callee did not answer in the time that the
/// policy gives it; an error that a callee or the router answers is an answer.
///
/// It ejects as Envoy does by failure percentage: each ejection in a row lasts one base time
/// longer, up to a maximum, and a time of the same length without one forgets it. After an ejection
/// or a lost link the share of calls grows linearly, as with HAProxy's slowstart; not at start.
class Health {
public:
    struct Limits {
        std::uint32_t calls_min = 10;       ///< in the window; with fewer nothing is decided
        std::uint32_t failed_percent = 50;  ///< from here on it is ejected; over 100: never
        wamp::Duration window = std::chrono::seconds(10);
        wamp::Duration eject = std::chrono::seconds(30);  ///< the first time
        wamp::Duration eject_max = std::chrono::minutes(5);
        wamp::Duration slow_return = std::chrono::seconds(10);  ///< zero: at once
        bool operator==(const Limits&) const = default;
    };
    /// Of between one and two windows.
    struct Sums {
        std::uint64_t calls = 0;
        std::uint64_t failed = 0;
        wamp::Duration took{};  ///< by the answered calls together

        std::uint64_t failed_percent() const noexcept {
            return calls == 0 ? 0 : failed * 100 / calls;
        }
        wamp::Duration latency() const noexcept {
            return calls == failed ? wamp::Duration::zero()
                                   : took / static_cast<wamp::Duration::rep>(calls - failed);
        }
    };

    Health() noexcept : Health(Limits{}) {}
    explicit Health(Limits limits) noexcept : limits_(limits) {}

    void on_answer(wamp::Duration took, wamp::Instant now) noexcept;
    void on_failure(wamp::Instant now) noexcept;
    /// The link is established; not for the first time, if it was lost.
    void on_up(wamp::Instant now) noexcept;
    void on_lost() noexcept { was_lost_ = true; }

    Sums sums(wamp::Instant now) const noexcept;
    /// Whether so many calls failed that it should be ejected. It is for the caller to know whether
    /// the others are better, and enough of them are left.
    bool fails(wamp::Instant now) const noexcept;
    void eject(wamp::Instant now) noexcept;
    bool ejected() const noexcept { return until_ != wamp::never; }
    /// How long the ejection lasts.
    wamp::Duration ejected_for() const noexcept;
    /// Ends an ejection that is over. Whether it did.
    bool on_deadline(wamp::Instant now) noexcept;
    wamp::Instant deadline() const noexcept { return until_; }
    /// How much of its share of the calls it should get, in percent: 0 while ejected.
    std::uint32_t share(wamp::Instant now) const noexcept;

private:
    void roll(wamp::Instant now) noexcept;

    Limits limits_;
    Sums current_{};
    Sums previous_{};
    wamp::Instant since_{};  ///< when the current window began
    wamp::Instant until_ = wamp::never;
    wamp::Instant returned_ = wamp::never;  ///< never: it has its whole share
    wamp::Instant calm_since_{};            ///< the end of the last ejection
    std::uint32_t ejections_ = 0;           ///< in a row
    bool was_lost_ = false;
};

}  // namespace sallyport::backend_link
