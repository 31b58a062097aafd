#include "gateway/supervision/process_tree.h"

#include <algorithm>
#include <utility>

#include "wamp/base/check.h"

namespace sallyport::gateway::supervision {

ProcessTree::ProcessTree(std::vector<Process> processes) {
    for (Process& process : processes) members_.push_back({ChildProcess(std::move(process))});
    SALLYPORT_CHECK(find(worker_process) != nullptr);
}

ProcessTree::Member* ProcessTree::find(ProcessId process) noexcept {
    const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& member) {
        return member.child.process().id == process;
    });
    return found == members_.end() ? nullptr : &*found;
}

bool ProcessTree::has_process(ProcessId process) const noexcept {
    return std::any_of(members_.begin(), members_.end(), [&](const Member& member) {
        return member.child.process().id == process && member.child.has_process();
    });
}

void ProcessTree::start(wamp::Instant now, Outbox& out) {
    if (phase_ != Phase::idle) return;
    phase_ = Phase::starting;
    start_deadline_ = now + start_timeout;
    for (Member& member : members_) member.child.start(now, out);
}

void ProcessTree::on_ready(ProcessId process, Outbox& out) {
    Member* const member = find(process);
    if (member == nullptr || phase_ != Phase::starting) return;
    member->ready = true;
    if (!std::all_of(members_.begin(), members_.end(), [](const Member& one) { return one.ready; }))
        return;
    phase_ = Phase::running;
    start_deadline_ = wamp::never;
    out.emplace_back(effect::Log{effect::Level::info, "ready"});
    out.emplace_back(effect::NotifyReady{});
}

void ProcessTree::on_exit(ProcessId process, const Exit& exit, std::string_view complaint,
                          wamp::Instant now, Outbox& out) {
    Member* const member = find(process);
    if (member == nullptr) return;
    if (phase_ == Phase::starting) {
        const std::string& name = member->child.process().name;
        if (!complaint.empty()) {
            fail(name + " ended while starting: " + std::string(complaint), exit_fault, out);
        } else if (process.role != Role::tor && exit.code == exit_bad_configuration) {
            fail("", exit_bad_configuration, out);
        } else {
            fail(name + " " + exit.description + " while starting", exit_fault, out);
        }
    }
    if (phase_ == Phase::stopping) member->child.stop(child_grace, false, now, out);
    member->child.on_exit(exit, now, out);
    if (phase_ != Phase::stopping) return;
    if (process.role == Role::worker) stop_others(now, out);
    finish_if_done(out);
}

void ProcessTree::on_start_failed(ProcessId process, std::string_view why, wamp::Instant now,
                                  Outbox& out) {
    Member* const member = find(process);
    if (member == nullptr) return;
    if (phase_ == Phase::starting)
        fail(member->child.process().name + " cannot be started: " + std::string(why), exit_fault,
             out);
    if (phase_ == Phase::stopping) member->child.stop(child_grace, false, now, out);
    member->child.on_start_failed(why, now, out);
    if (phase_ != Phase::stopping) return;
    if (process.role == Role::worker) stop_others(now, out);
    finish_if_done(out);
}

void ProcessTree::on_unreachable(ProcessId process, Outbox& out) {
    Member* const member = find(process);
    if (member != nullptr && phase_ == Phase::stopping) member->child.end_grace(out);
}

void ProcessTree::stop(wamp::Instant now, Outbox& out) {
    switch (phase_) {
        case Phase::idle:
        case Phase::stopped:
            return;
        case Phase::stopping:
            return kill_all(out);
        case Phase::starting:
        case Phase::running:
            break;
    }
    phase_ = Phase::stopping;
    start_deadline_ = wamp::never;
    out.emplace_back(effect::Log{effect::Level::info, "stopping"});
    out.emplace_back(effect::NotifyStopping{});
    out.emplace_back(effect::CloseListeners{});
    // Nothing is restarted from now on.
    for (Member& member : members_) {
        if (!member.child.has_process()) member.child.stop(child_grace, false, now, out);
    }
    if (Member* const worker = find(worker_process); worker->child.has_process()) {
        out.emplace_back(effect::SendPacket{worker_process, "stop"});
        worker->child.stop(worker_grace, false, now, out);
    } else {
        stop_others(now, out);
    }
    finish_if_done(out);
}

void ProcessTree::stop_others(wamp::Instant now, Outbox& out) {
    for (Member& member : members_) {
        if (member.child.process().id.role != Role::worker)
            member.child.stop(child_grace, true, now, out);
    }
}

void ProcessTree::kill_all(Outbox& out) {
    for (Member& member : members_) member.child.kill(out);
}

void ProcessTree::fail(const std::string& line, int exit_code, Outbox& out) {
    if (!line.empty()) out.emplace_back(effect::PrintFailure{line});
    exit_code_ = exit_code;
    phase_ = Phase::stopping;
    start_deadline_ = wamp::never;
    kill_all(out);
}

void ProcessTree::finish_if_done(Outbox& out) {
    if (phase_ != Phase::stopping ||
        std::any_of(members_.begin(), members_.end(),
                    [](const Member& member) { return member.child.has_process(); }))
        return;
    phase_ = Phase::stopped;
    out.emplace_back(effect::Finish{exit_code_});
}

void ProcessTree::on_deadline(wamp::Instant now, Outbox& out) {
    if (now >= start_deadline_) {
        fail("the children of sallyport are not ready after 30 s", exit_fault, out);
        finish_if_done(out);
    }
    for (Member& member : members_) member.child.on_deadline(now, out);
}

wamp::Instant ProcessTree::deadline() const noexcept {
    wamp::Instant first = start_deadline_;
    for (const Member& member : members_) first = std::min(first, member.child.deadline());
    return first;
}

}  // namespace sallyport::gateway::supervision
