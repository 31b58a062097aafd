#include "gateway/supervision/reload_coordinator.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace sallyport::gateway::supervision {

namespace {

constexpr std::string_view not_switched = "did not switch to the new policy";

void log_lines(effect::Level level, std::string_view text, Outbox& out) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out.emplace_back(effect::Log{level, std::string(text.substr(0, end))});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

void reply(RequestId request, int exit_code, std::string text, Outbox& out) {
    if (request == nobody_waits) return;
    out.emplace_back(effect::Reply{request, exit_code, std::move(text)});
}

}  // namespace

ReloadCoordinator::ReloadCoordinator(std::vector<Process> participants)
    : participants_(std::move(participants)) {}

bool ReloadCoordinator::is_participant(ProcessId process) const noexcept {
    return std::any_of(participants_.begin(), participants_.end(),
                       [&](const Process& one) { return one.id == process; });
}

const std::string& ReloadCoordinator::name_of(ProcessId process) const noexcept {
    return std::find_if(participants_.begin(), participants_.end(),
                        [&](const Process& one) { return one.id == process; })
        ->name;
}

std::string ReloadCoordinator::label(ProcessId process) const {
    const std::string& name = name_of(process);
    return name.empty() ? "" : name + ": ";
}

std::string ReloadCoordinator::line(ProcessId process, const std::string& summary) const {
    return summary.empty() ? "" : label(process) + summary + "\n";
}

std::string ReloadCoordinator::names_of_pending() const {
    std::string names;
    for (const ProcessId process : pending_) {
        const std::string& name = name_of(process);
        if (!name.empty()) names += (names.empty() ? " from " : ", ") + name;
    }
    return names;
}

bool ReloadCoordinator::awaits(ProcessId process, Round round, State state) const {
    return state_ == state && round_ == round && pending_.contains(process);
}

// Participants come and go
// -----------------------------------------------------------------------------------

void ReloadCoordinator::on_started(ProcessId process, Outbox& out) {
    if (!is_participant(process)) return;
    running_.insert(process);
    if (state_ != State::preparing) return;
    pending_.insert(process);
    out.emplace_back(effect::SendPrepare{process, round_});
}

void ReloadCoordinator::on_exit(ProcessId process, wamp::Instant now, Outbox& out) {
    if (!is_participant(process)) return;
    running_.erase(process);
    if (state_ == State::preparing) {  // whether it has prepared or not
        pending_.erase(process);
        killed_.erase(process);
        return commit_if_prepared(now, out);
    }
    if (state_ != State::committing || pending_.erase(process) == 0) return;
    report_ += label(process) +
               (killed_.erase(process) == 0 ? "has ended" : "did not answer and was killed") +
               "; it will restart with this version\n";
    finish_if_committed(out);
}

void ReloadCoordinator::on_unreachable(ProcessId process, wamp::Instant now, Outbox& out) {
    if (!pending_.contains(process)) return;
    if (state_ == State::preparing) kill(process, "does not read the new policy", now, out);
    if (state_ == State::committing) kill(process, not_switched, now, out);
}

/// Until it commits, it would continue to decide by the previous version.
void ReloadCoordinator::kill(ProcessId process, std::string_view why, wamp::Instant now,
                             Outbox& out) {
    if (!killed_.insert(process).second) return;
    out.emplace_back(
        effect::Log{effect::Level::warning, label(process) + std::string(why) + "; killing it"});
    out.emplace_back(effect::Kill{process});
    deadline_ = std::max(deadline_, now + kill_timeout);
}

void ReloadCoordinator::report_absent(std::string_view what) {
    for (const Process& participant : participants_) {
        if (!running_.contains(participant.id))
            report_ += label(participant.id) + "is not running" + std::string(what) + "\n";
    }
}

// A round
// -----------------------------------------------------------------------------------

void ReloadCoordinator::on_command(RequestId request, std::string_view line, Outbox& out) {
    if (line != "apply" && line != "check" && line != "rollback")
        return reply(request, 2, "unknown command\n", out);
    if (state_ == State::stopped)
        return reply(request, 1, "sallyport is stopping; try again\n", out);
    if (busy()) return reply(request, 1, "another reload is under way; try again\n", out);
    begin(line == "apply"   ? Action::apply
          : line == "check" ? Action::check
                            : Action::rollback,
          request, out);
}

void ReloadCoordinator::on_hangup(Outbox& out) {
    if (busy()) {
        hangup_waits_ = true;
    } else if (state_ == State::idle) {
        begin(Action::apply, nobody_waits, out);
    }
}

void ReloadCoordinator::begin(Action action, RequestId request, Outbox& out) {
    state_ = State::reading;
    ++round_;
    action_ = action;
    request_ = request;
    report_.clear();
    notes_.clear();
    adopted_ = false;
    why_not_stored_.clear();
    out.emplace_back(effect::ReadVersion{round_, action == Action::rollback});
}

void ReloadCoordinator::on_version_read(Round round, std::string notes, wamp::Instant now,
                                        Outbox& out) {
    if (state_ != State::reading || round != round_) return;
    notes_ = std::move(notes);
    if (action_ == Action::rollback) {
        out.emplace_back(
            effect::Log{effect::Level::warning,
                        "returning to the previous version of the policy; its files on disk are "
                        "newer"});
    }
    state_ = State::preparing;
    pending_.clear();
    deadline_ = now + prepare_timeout;
    for (const Process& participant : participants_) {
        if (!running_.contains(participant.id)) continue;
        pending_.insert(participant.id);
        out.emplace_back(effect::SendPrepare{participant.id, round_});
    }
    commit_if_prepared(now, out);
}

void ReloadCoordinator::on_version_unreadable(Round round, const std::string& why, Outbox& out) {
    if (state_ != State::reading || round != round_) return;
    abort(why, out);
}

void ReloadCoordinator::on_no_previous_version(Round round, Outbox& out) {
    if (state_ != State::reading || round != round_) return;
    finish(1, "there is no previous version\n", out);
}

bool ReloadCoordinator::on_message(ProcessId from, const Message& message, wamp::Instant now,
                                   Outbox& out) {
    if (const auto* const prepared = std::get_if<message::Prepared>(&message)) {
        on_prepared(from, *prepared, now, out);
    } else if (const auto* const refused = std::get_if<message::Refused>(&message)) {
        on_refused(from, *refused, out);
    } else if (const auto* const committed = std::get_if<message::Committed>(&message)) {
        on_committed(from, *committed, out);
    } else {
        return false;
    }
    return true;
}

void ReloadCoordinator::on_prepared(ProcessId from, const message::Prepared& message,
                                    wamp::Instant now, Outbox& out) {
    if (!awaits(from, message.round, State::preparing)) return;
    pending_.erase(from);
    if (action_ == Action::check) report_ += line(from, message.summary);
    commit_if_prepared(now, out);
}

void ReloadCoordinator::on_refused(ProcessId from, const message::Refused& message, Outbox& out) {
    if (awaits(from, message.round, State::preparing)) abort(label(from) + message.why, out);
}

void ReloadCoordinator::on_committed(ProcessId from, const message::Committed& message,
                                     Outbox& out) {
    if (!awaits(from, message.round, State::committing)) return;
    pending_.erase(from);
    killed_.erase(from);
    report_ += line(from, message.summary);
    finish_if_committed(out);
}

void ReloadCoordinator::send_to_participants(ReloadCommand::Kind kind, Outbox& out) {
    for (const Process& participant : participants_) {
        if (running_.contains(participant.id))
            out.emplace_back(
                effect::SendPacket{participant.id, to_text(ReloadCommand{kind, round_})});
    }
}

void ReloadCoordinator::commit_if_prepared(wamp::Instant now, Outbox& out) {
    if (!pending_.empty()) return;
    if (action_ == Action::check) {
        report_absent("; it would start with this version");
        send_to_participants(ReloadCommand::Kind::abort, out);
        out.emplace_back(effect::DiscardVersion{round_});
        return finish(0, report_, out);
    }
    state_ = State::committing;
    deadline_ = now + commit_timeout;
    report_absent("; it will start with this version");
    // Before the commands, so that a process that starts from now on uses it.
    out.emplace_back(effect::AdoptVersion{round_});
    pending_ = running_;
    send_to_participants(ReloadCommand::Kind::commit, out);
}

void ReloadCoordinator::on_version_adopted(Round round, std::string why_not_stored, Outbox& out) {
    if (state_ != State::committing || round != round_) return;
    adopted_ = true;
    why_not_stored_ = std::move(why_not_stored);
    if (!why_not_stored_.empty())
        log_lines(effect::Level::error, "cannot store the running policy: " + why_not_stored_, out);
    finish_if_committed(out);
}

void ReloadCoordinator::abort(const std::string& why, Outbox& out) {
    if (state_ == State::preparing) {
        send_to_participants(ReloadCommand::Kind::abort, out);
        out.emplace_back(effect::DiscardVersion{round_});
    }
    log_lines(effect::Level::error, why, out);
    out.emplace_back(effect::Log{effect::Level::error,
                                 "the policy was not reloaded: the running version stays active"});
    finish(1, why + "\nnothing was changed: the running version stays active\n", out);
}

void ReloadCoordinator::finish_if_committed(Outbox& out) {
    if (pending_.empty() && adopted_) finish_applied(0, out);
}

void ReloadCoordinator::finish_applied(int exit_code, Outbox& out) {
    if (why_not_stored_.empty()) return finish(exit_code, report_, out);
    finish(exit_not_stored,
           report_ + "the policy is active, but it cannot be stored: " + why_not_stored_ +
               "\ncorrect this and apply it again: after a restart, a rollback would return to an "
               "older version\n",
           out);
}

void ReloadCoordinator::finish(int exit_code, const std::string& text, Outbox& out) {
    if (state_ == State::committing)
        log_lines(effect::Level::info, "policy reloaded: " + text, out);
    state_ = State::idle;
    deadline_ = wamp::never;
    pending_.clear();
    killed_.clear();
    reply(std::exchange(request_, nobody_waits), exit_code, text + std::exchange(notes_, {}), out);
    if (std::exchange(hangup_waits_, false)) begin(Action::apply, nobody_waits, out);
}

void ReloadCoordinator::stop(Outbox& out) {
    hangup_waits_ = false;
    if (state_ == State::committing) {
        for (const ProcessId process : pending_)
            report_ += label(process) + "is stopping and has not answered yet\n";
        finish_applied(0, out);
    } else if (busy()) {
        abort("sallyport is stopping", out);
    }
    state_ = State::stopped;
}

void ReloadCoordinator::on_deadline(wamp::Instant now, Outbox& out) {
    if (now < deadline_) return;
    if (state_ == State::preparing) return abort("no answer in time" + names_of_pending(), out);
    if (killed_.size() < pending_.size()) {
        for (const ProcessId process : pending_) kill(process, not_switched, now, out);
        return;
    }
    for (const ProcessId process : pending_)
        report_ += label(process) + "was killed and has not ended yet\n";
    finish_applied(1, out);
}

}  // namespace sallyport::gateway::supervision
