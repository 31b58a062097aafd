#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "gateway/supervision/effect.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway::supervision {

/// Asks every process once a second for an answer of the loop that does its work, and ends those
/// that hang. Answers that are missing are counted, not timed: when this process itself, or the
/// whole machine, has not run for a while, the count begins again.
class Heartbeats {
public:
    static constexpr wamp::Duration interval = std::chrono::seconds(1);
    /// A process that has missed so many is ended.
    static constexpr unsigned missed_max = 10;
    /// The same for one that has neither answered nor become ready since its start.
    static constexpr unsigned missed_at_start_max = 30;
    /// A process that has missed so many does not count as one that answers.
    static constexpr unsigned missed_by_healthy_max = 3;
    /// If so much time has passed between two rounds, nothing ran.
    static constexpr wamp::Duration gap = std::chrono::seconds(3);

    explicit Heartbeats(const std::vector<Process>& processes);

    /// There is such a process, which can be asked.
    void on_started(ProcessId process, wamp::Instant now);
    /// It has ended, or cannot be asked any more.
    void on_ended(ProcessId process);
    void on_answer(ProcessId process);
    void stop();
    void on_deadline(wamp::Instant now, Outbox& out);
    wamp::Instant deadline() const noexcept { return deadline_; }

    /// Whether the worker, all insides and their authenticators run and answer. tor is not counted:
    /// the service manager could do no more for it than the supervisor does.
    bool all_answer() const noexcept;

private:
    struct Member {
        Process process;
        bool asked = false;     ///< it runs
        bool answered = false;  ///< since its start
        unsigned missed = 0;
    };

    Member* find(ProcessId process) noexcept;
    static void end(Member& member, Outbox& out);

    std::vector<Member> members_;
    bool stopped_ = false;
    wamp::Instant last_round_{};
    wamp::Instant deadline_ = wamp::never;
};

}  // namespace sallyport::gateway::supervision
