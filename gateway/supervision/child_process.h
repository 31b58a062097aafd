#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "gateway/supervision/effect.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway::supervision {

/// Keeps one process running. A process that ends is restarted after a delay that doubles each
/// time, without a limit on the number of attempts, and is reset once a process has run for a
/// while. It is stopped with SIGTERM or a request specific to it, and with SIGKILL after a grace
/// period. At most one process runs at a time.
class ChildProcess {
public:
    static constexpr wamp::Duration restart_delay_min = std::chrono::milliseconds(100);
    static constexpr wamp::Duration restart_delay_max = std::chrono::seconds(10);
    /// After running for that time the delay is reset.
    static constexpr wamp::Duration stable_after = std::chrono::seconds(30);

    enum class State : std::uint8_t {
        idle,      ///< not started yet
        running,   ///< there is a process
        waiting,   ///< for the next start
        stopping,  ///< there is a process, which was asked to stop
        stopped,   ///< there is none, and there will be none
    };

    explicit ChildProcess(Process process) : process_(std::move(process)) {}

    void start(wamp::Instant now, Outbox& out);
    /// The effect Start failed.
    void on_start_failed(std::string_view why, wamp::Instant now, Outbox& out);
    void on_exit(const Exit& exit, wamp::Instant now, Outbox& out);
    /// Stops the process and does not restart it: with SIGTERM if `terminate`, otherwise the caller
    /// has asked it to stop.
    void stop(wamp::Duration grace, bool terminate, wamp::Instant now, Outbox& out);
    /// As stop(), but kills it at once.
    void kill(Outbox& out);
    /// Ends the grace period early, as the process cannot be asked to stop.
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
