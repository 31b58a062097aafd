#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/supervision/child_process.h"
#include "gateway/supervision/effect.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway::supervision {

/// Starts and stops a supervisor's processes as a whole. During the start, every process has to
/// become ready, and one that ends makes the start fail: all are killed, exit code 1 or 2.
/// Afterwards processes that end are restarted. The worker is stopped first, as its last messages
/// are sent through tor, then all others; a second request kills everything. Finishes when no
/// process is left.
class ProcessTree {
public:
    static constexpr wamp::Duration start_timeout = std::chrono::seconds(30);
    static constexpr wamp::Duration worker_grace = std::chrono::seconds(6);  ///< it drains for 5 s
    static constexpr wamp::Duration child_grace = std::chrono::seconds(3);

    enum class Phase : std::uint8_t { idle, starting, running, stopping, stopped };

    /// `processes` in the order in which they are started. One of them is the worker.
    explicit ProcessTree(std::vector<Process> processes);

    void start(wamp::Instant now, Outbox& out);
    void on_ready(ProcessId process, Outbox& out);
    /// `complaint` is the last warning that tor has logged; "" for other processes.
    void on_exit(ProcessId process, const Exit& exit, std::string_view complaint, wamp::Instant now,
                 Outbox& out);
    void on_start_failed(ProcessId process, std::string_view why, wamp::Instant now, Outbox& out);
    /// A message to that process could not be sent.
    void on_unreachable(ProcessId process, Outbox& out);
    /// Stops in order; kills all if already stopping.
    void stop(wamp::Instant now, Outbox& out);
    void on_deadline(wamp::Instant now, Outbox& out);
    wamp::Instant deadline() const noexcept;

    Phase phase() const noexcept { return phase_; }
    bool has_process(ProcessId process) const noexcept;

private:
    struct Member {
        ChildProcess child;
        bool ready = false;
    };

    Member* find(ProcessId process) noexcept;
    void fail(const std::string& line, int exit_code, Outbox& out);
    void stop_others(wamp::Instant now, Outbox& out);
    void kill_all(Outbox& out);
    void finish_if_done(Outbox& out);

    std::vector<Member> members_;
    Phase phase_ = Phase::idle;
    wamp::Instant start_deadline_ = wamp::never;
    int exit_code_ = 0;
};

}  // namespace sallyport::gateway::supervision
