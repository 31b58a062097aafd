#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/supervision/effect.h"
#include "gateway/supervision/message.h"
#include "wamp/base/instant.h"

namespace sallyport::gateway::supervision {

/// The coordinator of a reload, a two-phase commit: every participant that is running prepares
/// another version of the policy, then all commit it, or, if one cannot, all abort. The owner has
/// checked the whole version before, so a participant that is not running, or ends meanwhile, does
/// not hold it up: it starts with the version that the others have switched to, and the answer
/// names it. One that does not answer the commit is killed. So all processes always use the same
/// version. If the version cannot be stored it is used all the same, as it may revoke something,
/// and the answer says so. Every request is answered exactly once, within a minute.
class ReloadCoordinator {
public:
    static constexpr wamp::Duration prepare_timeout = std::chrono::seconds(30);
    static constexpr wamp::Duration commit_timeout = std::chrono::seconds(15);
    static constexpr wamp::Duration kill_timeout = std::chrono::seconds(5);
    static constexpr int exit_not_stored = 3;  ///< applied, and lost with this program

    enum class State : std::uint8_t {
        idle,
        reading,     ///< the files of the version
        preparing,   ///< waiting for all participants to compile it
        committing,  ///< decided; waiting for all participants to commit
        stopped,
    };

    /// A participant with the name "" is reported without a name.
    explicit ReloadCoordinator(std::vector<Process> participants);

    /// It is started with the version that is running.
    void on_started(ProcessId process, Outbox& out);
    /// The process has ended, or could not be started.
    void on_exit(ProcessId process, wamp::Instant now, Outbox& out);
    /// A message to the process could not be sent.
    void on_unreachable(ProcessId process, wamp::Instant now, Outbox& out);

    /// `apply`, `check` or `rollback`; anything else is refused.
    void on_command(RequestId request, std::string_view line, Outbox& out);
    /// As `apply`, without an answer. During another reload it is deferred until that has finished.
    void on_hangup(Outbox& out);

    /// `notes` is appended to the answer.
    void on_version_read(Round round, std::string notes, wamp::Instant now, Outbox& out);
    void on_version_unreadable(Round round, const std::string& why, Outbox& out);
    void on_no_previous_version(Round round, Outbox& out);
    /// The answer to effect::AdoptVersion. `why_not_stored` is "" if the version is stored.
    void on_version_adopted(Round round, std::string why_not_stored, Outbox& out);

    /// False if the message is not an answer of a participant.
    bool on_message(ProcessId from, const Message& message, wamp::Instant now, Outbox& out);

    /// Ends the current reload; every later request is refused.
    void stop(Outbox& out);
    void on_deadline(wamp::Instant now, Outbox& out);
    wamp::Instant deadline() const noexcept { return deadline_; }

    State state() const noexcept { return state_; }
    bool busy() const noexcept { return state_ != State::idle && state_ != State::stopped; }
    Round round() const noexcept { return round_; }

private:
    enum class Action : std::uint8_t { apply, check, rollback };

    bool is_participant(ProcessId process) const noexcept;
    /// The participant's name for people: "worker".
    const std::string& name_of(ProcessId process) const noexcept;
    /// "worker: ", or "" for a participant without a name.
    std::string label(ProcessId process) const;
    /// "worker: SUMMARY", or "" for a participant that changes nothing that anybody sees.
    std::string line(ProcessId process, const std::string& summary) const;
    /// " from worker, inside home".
    std::string names_of_pending() const;
    bool awaits(ProcessId process, Round round, State state) const;

    void begin(Action action, RequestId request, Outbox& out);
    void on_prepared(ProcessId from, const message::Prepared& message, wamp::Instant now,
                     Outbox& out);
    void on_refused(ProcessId from, const message::Refused& message, Outbox& out);
    void on_committed(ProcessId from, const message::Committed& message, Outbox& out);
    void send_to_participants(ReloadCommand::Kind kind, Outbox& out);
    void commit_if_prepared(wamp::Instant now, Outbox& out);
    void abort(const std::string& why, Outbox& out);
    void kill(ProcessId process, std::string_view why, wamp::Instant now, Outbox& out);
    void report_absent(std::string_view what);
    void finish_if_committed(Outbox& out);
    /// Ends a round whose version is in use. `exit_code` is that of a version that is stored.
    void finish_applied(int exit_code, Outbox& out);
    void finish(int exit_code, const std::string& text, Outbox& out);

    std::vector<Process> participants_;
    std::set<ProcessId> running_;
    State state_ = State::idle;
    Round round_ = 0;
    Action action_ = Action::apply;
    RequestId request_ = nobody_waits;
    std::set<ProcessId> pending_;  ///< whose answer is awaited
    std::set<ProcessId> killed_;   ///< of the pending: cannot be reached, or did not answer
    bool adopted_ = false;         ///< new processes start with the version
    std::string why_not_stored_;
    std::string report_;  ///< the summaries of the participants
    std::string notes_;
    bool hangup_waits_ = false;
    wamp::Instant deadline_ = wamp::never;
};

}  // namespace sallyport::gateway::supervision
