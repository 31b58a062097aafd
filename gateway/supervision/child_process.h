#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "gateway/supervision/effect.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway::supervision {

/// Keeps one process running. A process that ends is started again after a delay that doubles from
/// one end to the next, without a last attempt, and begins anew at the shortest once a process has
/// run for a while. To stop it means SIGTERM or a request of its own kind, and SIGKILL after a
/// grace period. No more than one process runs at a time.
class ChildProcess {
public:
    static constexpr wamp::Duration restart_delay_min = std::chrono::milliseconds(100);
    static constexpr wamp::Duration restart_delay_max = std::chrono::seconds(10);
    /// After that time of running the next delay is the shortest again.
    static constexpr wamp::Duration stable_after = std::chrono::seconds(30);

    enum class State : std::uint8_t {
        idle,      ///< not started yet
        running,   ///< there is a process
        waiting,   ///< for the next start
        stopping,  ///< there is a process, which was told to end
        stopped,   ///< there is none, and there will be none
    };

    explicit ChildProcess(Process process) : process_(std::move(process)) {}

    void start(wamp::Instant now, Outbox& out);
    /// The effect Start did not lead to a process.
    void on_start_failed(std::string_view why, wamp::Instant now, Outbox& out);
    void on_exit(const Exit& exit, wamp::Instant now, Outbox& out);
    /// Not started again from now on. With `terminate` SIGTERM says so; without, somebody else
    /// does.
    void stop(wamp::Duration grace, bool terminate, wamp::Instant now, Outbox& out);
    /// As stop(), at once.
    void kill(Outbox& out);
    /// The grace period is over before its time: the process cannot be told to end.
    void end_grace(Outbox& out);
    void on_deadline(wamp::Instant now, Outbox& out);
    wamp::Instant deadline() const noexcept { return deadline_; }

    const Process& process() const noexcept { return process_; }
    State state() const noexcept { return state_; }
    bool has_process() const noexcept {
        return state_ == State::running || state_ == State::stopping;
    }

private:
    void begin(wamp::Instant now, Outbox& out);
    void restart_later(wamp::Instant now);

    Process process_;
    State state_ = State::idle;
    wamp::Duration delay_ = restart_delay_min;
    wamp::Instant started_{};
    wamp::Instant deadline_ = wamp::never;  ///< of the next start, or of the grace period
};

}  // namespace sallyport::gateway::supervision
