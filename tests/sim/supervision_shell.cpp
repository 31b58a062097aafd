// The shell of the simulated supervisor: carries out what the core wants, on simulated processes.
#include <algorithm>
#include <utility>

#include "gateway/supervision/message.h"
#include "tests/sim/supervision_world.h"
#include "tests/unit/gateway/supervision/effect_text.h"

namespace sallyport::sim {

namespace supervision = gateway::supervision;
namespace effect = gateway::supervision::effect;
using supervision::ProcessId;
using supervision::Role;

void SupervisionWorld::carry_out() {
    if (carrying_out_) return;
    carrying_out_ = true;
    while (!outbox_.empty() && !finished_) {
        for (supervision::Effect& wanted : std::exchange(outbox_, {})) {
            happened(supervision::text_of(wanted));
            std::visit([this](const auto& one) { apply(one); }, wanted);
        }
    }
    outbox_.clear();
    carrying_out_ = false;
    if (finished_) return;
    check_always();
    arm();
}

void SupervisionWorld::arm() {
    const Instant due = core_->deadline();
    if (due >= armed_) return;
    armed_ = due;
    schedule_.at(std::max(due, schedule_.now()), [this, due] { time_passed(due); });
}

void SupervisionWorld::time_passed(Instant due) {
    if (armed_ != due || finished_) return;
    if (schedule_.now() < asleep_until_ && bug_ != SupervisionBug::counts_sleep)
        return schedule_.at(asleep_until_, [this, due] { time_passed(due); });
    armed_ = wamp::never;
    if (bug_ == SupervisionBug::ignores_deadlines && core_->reload().busy()) return;
    const bool late = bug_ == SupervisionBug::hands_over_old_time;
    const Instant now = schedule_.now() - (late ? Duration(1) : Duration::zero());
    if (core_->deadline() > schedule_.now()) return arm();
    core_->on_deadline(now, outbox_);
    if (core_->deadline() <= schedule_.now()) {
        wrong(SupervisionCheck::deadlines_pass, "it is due again at once");
        finished_ = true;
    }
    carry_out();
}

void SupervisionWorld::apply(const effect::Log& log) {
    if (log.text.find("did not switch to the new policy") != std::string::npos)
        ++counts_.killed_for_commit;
    ended_for_silence_ = log.text.find(" has not answered for ") != std::string::npos;
}

void SupervisionWorld::apply(const effect::Start& start) {
    const bool again = counts_.starts >= core_processes_;
    if (again && bug_ == SupervisionBug::loses_starts) return;
    ++counts_.starts;
    restart_due_.erase(start.process);
    for (const ProcessPointer& other : all_) {
        if (other->id() == start.process && other->alive())
            wrong(SupervisionCheck::one_process, text_of(start.process) + " runs already");
    }
    if (!calm_ && again && dice_.chance(5)) {
        expect_restart(start.process);
        core_->on_start_failed(start.process, "no memory", schedule_.now(), outbox_);
        return;
    }
    const SimulatedProcess::Surroundings surroundings{
        schedule_,
        dice_,
        [this](SimulatedProcess& from, const std::string& text) { receive(from, text); },
        [this](SimulatedProcess& process, PolicyVersionNumber version) {
            on_took(process, version);
        },
        [this](SimulatedProcess& process, const supervision::Exit& exit) {
            on_ended(process, exit);
        },
        calm_};
    auto process = std::make_shared<SimulatedProcess>(
        start.process, running_,
        start.process.role == Role::worker ? backends_ : std::vector<std::uint32_t>{},
        surroundings);
    processes_[start.process] = process;
    all_.push_back(process);
    process->start();
}

void SupervisionWorld::apply(const effect::Terminate& terminate) {
    if (SimulatedProcess* const process = find(terminate.process)) process->terminate();
}

void SupervisionWorld::apply(const effect::Kill& kill) {
    SimulatedProcess* const process = find(kill.process);
    if (process == nullptr) return;
    if (std::exchange(ended_for_silence_, false)) check_silence(*process);
    if (bug_ != SupervisionBug::kills_nobody) return process->kill();
    processes_.erase(kill.process);
    core_->on_exit(kill.process, {-1, "was killed"}, schedule_.now(), outbox_);
}

void SupervisionWorld::apply(const effect::SendPacket& send) {
    const bool commit = send.text.starts_with("commit ");
    SimulatedProcess* const process = find(send.to);
    if (commit && process != nullptr && bug_ == SupervisionBug::commits_without_effect)
        return receive(*process, "committed " + send.text.substr(7) + " forged");
    if (commit) ++counts_.commits;
    deliver(send.to, {send.text, 0, std::nullopt});
}

void SupervisionWorld::apply(const effect::Ping& ping) {
    SimulatedProcess* const process = find(ping.process);
    if (process == nullptr || !process->alive() || bug_ == SupervisionBug::loses_pings) return;
    if (bug_ == SupervisionBug::answers_for_others)
        return core_->on_message(ping.process, supervision::message::Alive{}, schedule_.now(),
                                 outbox_);
    if (ping.process.role == Role::tor) return verify_later(true);
    deliver(ping.process, {std::string(supervision::ping_text), 0, std::nullopt});
}

void SupervisionWorld::apply(const effect::SendOnion& send) {
    SimulatedProcess* const worker = find(supervision::worker_process);
    const bool known = worker != nullptr && worker->onion();
    if (bug_ == SupervisionBug::forgets_new_workers && counts_.starts > core_processes_ && !known)
        return;
    if (worker != nullptr) deliver(supervision::worker_process, {"", 0, send.status});
}

void SupervisionWorld::apply(const effect::SendPrepare& send) {
    deliver(
        send.to,
        {to_text(supervision::ReloadCommand{supervision::ReloadCommand::Kind::prepare, send.round}),
         candidate_, std::nullopt});
}

/// Packets to one process arrive in their order. A process that stalls may have no room for more.
void SupervisionWorld::deliver(ProcessId to, SupervisorPacket packet) {
    SimulatedProcess* const process = find(to);
    const bool of_reload = supervision::parse_reload_command(packet.text) || packet.text == "stop";
    if (process == nullptr || !process->alive() ||
        (of_reload && process->stalled() && dice_.chance(20))) {
        core_->on_unreachable(to, schedule_.now(), outbox_);
        return;
    }
    Instant& last = last_delivery_[process];
    last = std::max(last, schedule_.now() + std::chrono::microseconds(dice_.between(10, 2000)));
    schedule_.at(last, [process = process->shared_from_this(), packet = std::move(packet)] {
        process->receive(packet);
    });
}

void SupervisionWorld::receive(SimulatedProcess& from, const std::string& text) {
    const auto delay = std::chrono::microseconds(dice_.between(10, 2000));
    schedule_.after(delay, [this, process = from.shared_from_this(), text] {
        auto message = supervision::parse_message(text);
        // What a process has said before its end counts until its end is noticed.
        if (!message || find(process->id()) != process.get()) return;
        auto* const prepared = std::get_if<supervision::message::Prepared>(&*message);
        if (prepared != nullptr && bug_ == SupervisionBug::refuses_everything)
            message = supervision::message::Refused{prepared->round, "planted"};
        event([&] { core_->on_message(process->id(), *message, schedule_.now(), outbox_); });
    });
}

void SupervisionWorld::on_took(SimulatedProcess& process, PolicyVersionNumber version) {
    if (version != running_) {
        wrong(SupervisionCheck::all_or_nothing,
              text_of(process.id()) + " takes a version that does not run");
    }
}

void SupervisionWorld::on_ended(SimulatedProcess& process, const supervision::Exit& exit) {
    happened(text_of(process.id()) + " " + exit.description);
    if (find(process.id()) != &process) return;
    if (bug_ == SupervisionBug::loses_exits && stop_asked_) return;
    processes_.erase(process.id());
    expect_restart(process.id());
    event([&] { core_->on_exit(process.id(), exit, schedule_.now(), outbox_); });
}

void SupervisionWorld::apply(const effect::Finish& finish) {
    static_cast<void>(finish);
    for (const ProcessPointer& process : all_) {
        if (process->alive())
            wrong(SupervisionCheck::nothing_left, text_of(process->id()) + " is left");
    }
    finished_ = true;
}

void SupervisionWorld::apply(const effect::ReadVersion& read) {
    if (!calm_ && dice_.chance(10))
        return core_->on_version_unreadable(read.round, "line 1: no", outbox_);
    if (read.previous && previous_ == 0) return core_->on_no_previous_version(read.round, outbox_);
    candidate_ = read.previous ? previous_ : on_disk_;
    core_->on_version_read(read.round, dice_.chance(10) ? "a note\n" : "", schedule_.now(),
                           outbox_);
}

void SupervisionWorld::apply(const effect::AdoptVersion& adopt) {
    if (candidate_ != running_) previous_ = std::exchange(running_, candidate_);
    core_->on_version_adopted(adopt.round, !calm_ && dice_.chance(10) ? "the disk is full" : "",
                              outbox_);
}

void SupervisionWorld::apply(const effect::Reply& reply) {
    Command& command = commands_[reply.request];
    if (bug_ == SupervisionBug::loses_answers && reply.request % 3 == 0) return;
    command.answers += bug_ == SupervisionBug::answers_twice && reply.request % 3 == 0 ? 2 : 1;
    last_exit_code_ = reply.exit_code;
    if (command.answers > 1)
        wrong(SupervisionCheck::answered_once, std::to_string(reply.request) + " twice");
}

void SupervisionWorld::apply(const effect::DialAddress& dial) {
    ++counts_.dials;
    schedule_.after(std::chrono::milliseconds(dice_.between(1, 5000)),
                    [this, attempt = dial.attempt, connected = dice_.chance(50)] {
                        event([&] {
                            if (connected) {
                                core_->on_dial_connected(attempt, outbox_);
                            } else if (bug_ != SupervisionBug::loses_dials) {
                                core_->on_dial_failed(attempt, "refused", outbox_);
                            }
                        });
                    });
}

void SupervisionWorld::apply(const effect::DialInside& dial) {
    ++counts_.dials;
    const SimulatedProcess* const inside = find(supervision::inside_process(dial.backend));
    if (inside != nullptr && inside->alive()) {
        core_->on_dial_connected(dial.attempt, outbox_);
    } else {
        core_->on_dial_failed(dial.attempt, "the inside is not running", outbox_);
    }
}

void SupervisionWorld::apply(const effect::SendConnection& send) {
    deliver(supervision::worker_process,
            {"connected " + std::to_string(send.backend), 0, std::nullopt});
}

void SupervisionWorld::apply(const effect::AttachTor&) {
    const SimulatedProcess* const tor = find(supervision::tor_process);
    if (tor != nullptr && tor->alive() && dice_.chance(50)) {
        core_->on_tor_attached(schedule_.now(), outbox_);
        verify_later(calm_ || dice_.chance(95));
    } else {
        core_->tor().on_attach_failed(dice_.chance(10) ? "no cookie" : "", schedule_.now(),
                                      outbox_);
    }
}

/// A tor that stalls answers late or never; one that was tampered with answers otherwise.
void SupervisionWorld::verify_later(bool sound) {
    SimulatedProcess* const tor = find(supervision::tor_process);
    tor->ask([this, process = tor->shared_from_this(), sound] {
        if (find(process->id()) != process.get()) return;
        event([&] {
            if (sound) return core_->on_tor_verified(outbox_);
            core_->tor().on_unconfigured("it listens", outbox_);
        });
    });
}

void SupervisionWorld::apply(const effect::ReadOnionAddress&) {
    if (dice_.chance(50)) core_->on_onion_address("abcdefgh.onion", outbox_);
}

}  // namespace sallyport::sim
