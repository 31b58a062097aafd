#include "gateway/supervision/supervisor_core.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace sallyport::gateway::supervision {

namespace {

constexpr std::chrono::seconds audit_pause{1};

/// Each door after its authenticator.
std::vector<Process> sandboxed(const SupervisorCore::Config& config) {
    std::vector<Process> processes;
    const auto add = [&](ProcessId door, const std::string& name) {
        processes.push_back({authenticator_of(door), "authenticator of " + name});
        processes.push_back({door, name});
    };
    for (std::uint32_t index = 0; index < config.backends.size(); ++index) {
        const auto& [name, target] = config.backends[index];
        if (target == DialRequests::Target::inside) add(inside_process(index), "inside " + name);
    }
    add(worker_process, config.worker);
    return processes;
}

std::vector<Process> all_processes(const SupervisorCore::Config& config) {
    std::vector<Process> processes = sandboxed(config);
    if (config.managed_tor) processes.push_back({tor_process, "tor"});
    return processes;
}

std::vector<DialRequests::Target> targets(const SupervisorCore::Config& config) {
    std::vector<DialRequests::Target> all;
    all.reserve(config.backends.size());
    for (const auto& backend : config.backends) all.push_back(backend.target);
    return all;
}

}  // namespace

SupervisorCore::SupervisorCore(const Config& config)
    : tree_(all_processes(config)),
      reload_(sandboxed(config)),
      dials_(targets(config)),
      heartbeats_(all_processes(config)),
      tor_(config.onion_mode) {}

void SupervisorCore::note_starts(std::size_t begin, wamp::Instant now, Outbox& out) {
    for (std::size_t index = begin; index < out.size(); ++index) {
        const auto* const start = std::get_if<effect::Start>(&out[index]);
        if (start == nullptr) continue;
        const ProcessId process = start->process;
        reload_.on_started(process, out);
        if (process.role == Role::tor) {
            tor_.on_started(now);
        } else {
            heartbeats_.on_started(process, now);
        }
        if (process.role == Role::worker) tor_.send_status(out);
    }
}

void SupervisorCore::start(wamp::Instant now, Outbox& out) {
    const std::size_t begin = out.size();
    tree_.start(now, out);
    note_starts(begin, now, out);
}

// Processes
// -----------------------------------------------------------------------------------

void SupervisorCore::on_start_failed(ProcessId process, std::string_view why, wamp::Instant now,
                                     Outbox& out) {
    reload_.on_exit(process, now, out);
    heartbeats_.on_ended(process);
    if (process.role == Role::worker) dials_.on_worker_exit();
    if (process.role == Role::tor) tor_.on_exit(out);
    tree_.on_start_failed(process, why, now, out);
}

void SupervisorCore::on_exit(ProcessId process, const Exit& exit, wamp::Instant now, Outbox& out) {
    reload_.on_exit(process, now, out);
    heartbeats_.on_ended(process);
    if (process.role == Role::worker) dials_.on_worker_exit();
    const bool is_tor = process.role == Role::tor;
    // Who is killed by somebody else has not said why.
    const bool complained = is_tor && (exit.code >= 0 || tor_.state() == TorMonitor::State::ending);
    if (is_tor) tor_.on_exit(out);
    tree_.on_exit(process, exit, complained ? tor_.last_complaint() : "", now, out);
}

void SupervisorCore::on_message(ProcessId from, const Message& message, wamp::Instant now,
                                Outbox& out) {
    if (reload_.on_message(from, message, now, out)) return;
    if (const auto* const request = std::get_if<message::DialRequest>(&message)) {
        if (from.role == Role::worker) on_dial_request(request->backend, out);
        return;
    }
    if (std::holds_alternative<message::AuditLost>(message)) {
        if (from.role != Role::authenticator) on_audit_lost(from, now, out);
        return;
    }
    // A process that has become ready has answered, too.
    heartbeats_.on_answer(from);
    if (std::holds_alternative<message::Ready>(message)) tree_.on_ready(from, out);
}

void SupervisorCore::on_dial_request(std::uint32_t backend, Outbox& out) {
    if (phase() == ProcessTree::Phase::stopping) return;
    dials_.on_request(backend, tree_.has_process(inside_process(backend)), out);
}

void SupervisorCore::on_audit_lost(ProcessId process, wamp::Instant now, Outbox& out) {
    audit_waits_.insert(process);
    open_audits(now, out);
}

void SupervisorCore::open_audits(wamp::Instant now, Outbox& out) {
    std::erase_if(audit_waits_, [&](ProcessId process) {
        wamp::Instant& due = audit_due_[process];
        if (now < due) return false;
        due = now + audit_pause;
        out.emplace_back(effect::SendAudit{process});
        return true;
    });
}

wamp::Instant SupervisorCore::audit_deadline() const noexcept {
    wamp::Instant first = wamp::never;
    for (const ProcessId process : audit_waits_) first = std::min(first, audit_due_.at(process));
    return first;
}

void SupervisorCore::on_audit_not_opened(ProcessId process, wamp::Instant now) {
    if (phase() == ProcessTree::Phase::stopping) return;
    audit_due_[process] = now + audit_pause;
    audit_waits_.insert(process);
}

void SupervisorCore::on_unreachable(ProcessId process, wamp::Instant now, Outbox& out) {
    reload_.on_unreachable(process, now, out);
    tree_.on_unreachable(process, out);
}

// The operator
// -----------------------------------------------------------------------------------

void SupervisorCore::on_stop_signal(wamp::Instant now, Outbox& out) {
    reload_.stop(out);
    dials_.stop();
    heartbeats_.stop();
    tor_.stop();
    audit_waits_.clear();
    tree_.stop(now, out);
}

void SupervisorCore::on_hangup(Outbox& out) {
    if (phase() == ProcessTree::Phase::stopping || phase() == ProcessTree::Phase::stopped) return;
    if (phase() == ProcessTree::Phase::running) return reload_.on_hangup(out);
    out.emplace_back(effect::Log{effect::Level::warning,
                                 "SIGHUP ignored: the policy cannot be reloaded during the start"});
}

void SupervisorCore::on_reopen_signal(Outbox& out) {
    if (phase() == ProcessTree::Phase::starting || phase() == ProcessTree::Phase::running)
        out.emplace_back(effect::ReopenAudit{});
}

void SupervisorCore::on_command(RequestId request, std::string_view line, Outbox& out) {
    if (phase() == ProcessTree::Phase::running) return reload_.on_command(request, line, out);
    out.emplace_back(effect::Reply{request, 1, "the gateway is starting or stopping; try again\n"});
}

// Answers to effects
// -----------------------------------------------------------------------------------

void SupervisorCore::on_version_read(Round round, std::string notes, wamp::Instant now,
                                     Outbox& out) {
    reload_.on_version_read(round, std::move(notes), now, out);
}

void SupervisorCore::on_version_unreadable(Round round, const std::string& why, Outbox& out) {
    reload_.on_version_unreadable(round, why, out);
}

void SupervisorCore::on_no_previous_version(Round round, Outbox& out) {
    reload_.on_no_previous_version(round, out);
}

void SupervisorCore::on_version_adopted(Round round, std::string why_not_stored, Outbox& out) {
    reload_.on_version_adopted(round, std::move(why_not_stored), out);
}

void SupervisorCore::on_dial_connected(AttemptId attempt, Outbox& out) {
    dials_.on_connected(attempt, out);
}

void SupervisorCore::on_dial_failed(AttemptId attempt, std::string_view why, Outbox& out) {
    dials_.on_failed(attempt, why, out);
}

void SupervisorCore::on_tor_attached(wamp::Instant now, Outbox& out) {
    tor_.on_attached(out);
    if (tor_.state() == TorMonitor::State::attached) heartbeats_.on_started(tor_process, now);
}

/// Without the connection tor cannot be asked; TorMonitor limits how long that may be so.
void SupervisorCore::on_tor_control_lost(std::string_view why, wamp::Instant now, Outbox& out) {
    heartbeats_.on_ended(tor_process);
    tor_.on_control_lost(why, now, out);
}

void SupervisorCore::on_tor_verified(Outbox& out) {
    tor_.on_verified();
    heartbeats_.on_answer(tor_process);
    if (tor_.state() == TorMonitor::State::attached) tree_.on_ready(tor_process, out);
}

void SupervisorCore::on_onion_address(std::string_view address, Outbox& out) {
    tor_.on_address(address, out);
}

void SupervisorCore::on_deadline(wamp::Instant now, Outbox& out) {
    heartbeats_.on_deadline(now, out);
    reload_.on_deadline(now, out);
    tor_.on_deadline(now, out);
    open_audits(now, out);
    const std::size_t begin = out.size();
    tree_.on_deadline(now, out);
    note_starts(begin, now, out);
}

wamp::Instant SupervisorCore::deadline() const noexcept {
    return std::min({tree_.deadline(), reload_.deadline(), tor_.deadline(), heartbeats_.deadline(),
                     audit_deadline()});
}

bool SupervisorCore::feeds_watchdog() const noexcept {
    return phase() != ProcessTree::Phase::running || heartbeats_.all_answer();
}

}  // namespace sallyport::gateway::supervision
