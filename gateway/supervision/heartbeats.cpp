#include "gateway/supervision/heartbeats.h"

#include <algorithm>

namespace sallyport::gateway::supervision {

Heartbeats::Heartbeats(const std::vector<Process>& processes) {
    for (const Process& process : processes) members_.push_back({process});
}

Heartbeats::Member* Heartbeats::find(ProcessId process) noexcept {
    const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& member) {
        return member.process.id == process;
    });
    return found == members_.end() ? nullptr : &*found;
}

void Heartbeats::on_started(ProcessId process, wamp::Instant now) {
    Member* const member = find(process);
    if (member == nullptr || stopped_) return;
    *member = {member->process, true, false, 0};
    if (deadline_ != wamp::never) return;
    last_round_ = now;
    deadline_ = now + interval;
}

void Heartbeats::on_ended(ProcessId process) {
    if (Member* const member = find(process)) member->asked = false;
}

void Heartbeats::on_answer(ProcessId process) {
    Member* const member = find(process);
    if (member == nullptr || !member->asked) return;
    member->answered = true;
    member->missed = 0;
}

void Heartbeats::stop() {
    stopped_ = true;
    deadline_ = wamp::never;
    for (Member& member : members_) member.asked = false;
}

/// Its exit is reported as that of any process.
void Heartbeats::end(Member& member, Outbox& out) {
    out.emplace_back(effect::Log{
        effect::Level::error, member.process.name + " has not answered for " +
                                  std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                                     member.missed * interval)
                                                     .count()) +
                                  " s; ending it"});
    out.emplace_back(effect::Kill{member.process.id});
    member.asked = false;
}

void Heartbeats::on_deadline(wamp::Instant now, Outbox& out) {
    if (now < deadline_) return;
    const bool nothing_ran = now - last_round_ > gap;
    last_round_ = now;
    deadline_ = now + interval;
    for (Member& member : members_) {
        if (!member.asked) continue;
        if (nothing_ran) member.missed = 0;
        if (member.missed >= (member.answered ? missed_max : missed_at_start_max)) {
            end(member, out);
            continue;
        }
        ++member.missed;
        out.emplace_back(effect::Ping{member.process.id});
    }
}

bool Heartbeats::all_answer() const noexcept {
    return std::all_of(members_.begin(), members_.end(), [](const Member& member) {
        return member.process.id.role == Role::tor ||
               (member.asked && member.missed <= missed_by_healthy_max);
    });
}

}  // namespace sallyport::gateway::supervision
