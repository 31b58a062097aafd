#include "tests/sim/supervision_world.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "tests/unit/gateway/supervision/effect_text.h"

namespace sallyport::sim {

namespace supervision = gateway::supervision;
using namespace std::chrono_literals;
using supervision::ProcessId;
using supervision::ProcessTree;
using supervision::Role;
using supervision::SupervisorCore;

namespace {

constexpr Duration answer_limit = 60s;
constexpr Duration dial_limit = 6s;
/// Worker and others have their grace periods; a process that was killed is soon gone.
constexpr Duration stop_limit = ProcessTree::worker_grace + ProcessTree::child_grace + 1s;
constexpr Duration hang_limit =
    (supervision::Heartbeats::missed_max + 3) * supervision::Heartbeats::interval;
constexpr Duration hang_limit_at_start =
    (supervision::Heartbeats::missed_at_start_max + 3) * supervision::Heartbeats::interval;
constexpr Duration restart_limit = supervision::ChildProcess::restart_delay_max + 1s;

}  // namespace

std::string_view to_string(SupervisionCheck check) noexcept {
    switch (check) {
        case SupervisionCheck::all_or_nothing:
            return "all_or_nothing";
        case SupervisionCheck::answered_once:
            return "answered_once";
        case SupervisionCheck::reload_ends:
            return "reload_ends";
        case SupervisionCheck::restarted:
            return "restarted";
        case SupervisionCheck::one_process:
            return "one_process";
        case SupervisionCheck::nothing_left:
            return "nothing_left";
        case SupervisionCheck::dials_answered:
            return "dials_answered";
        case SupervisionCheck::onion_told:
            return "onion_told";
        case SupervisionCheck::recovers:
            return "recovers";
        case SupervisionCheck::hang_ended:
            return "hang_ended";
        case SupervisionCheck::healthy_lives:
            return "healthy_lives";
        case SupervisionCheck::deadlines_pass:
            return "deadlines_pass";
    }
    return "";
}

SupervisionWorld::SupervisionWorld(std::uint64_t seed, SupervisionBug bug, bool verbose)
    : dice_(seed), bug_(bug), verbose_(verbose) {
    SupervisorCore::Config config;
    config.managed_tor = dice_.chance(60);
    config.onion_mode = config.managed_tor ? "managed" : "off";
    core_processes_ = config.managed_tor ? 3 : 2;  // with the authenticator of the worker
    const auto backends = static_cast<std::uint32_t>(dice_.between(1, 4));
    for (std::uint32_t index = 0; index < backends; ++index) {
        using Target = supervision::DialRequests::Target;
        const auto target = static_cast<Target>(dice_.between(0, 2));
        config.backends.push_back({"b" + std::to_string(index), target});
        if (target == Target::inside) core_processes_ += 2;
        backends_.push_back(index);
    }
    kills_percent_ = static_cast<unsigned>(dice_.between(0, 100));
    core_ = std::make_unique<SupervisorCore>(config);
}

// What was found
// -----------------------------------------------------------------------------------

void SupervisionWorld::wrong(SupervisionCheck check, const std::string& what) {
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(schedule_.now().time_since_epoch())
            .count();
    findings_.push_back(
        {check, std::string(to_string(check)) + " at " + std::to_string(ms) + " ms: " + what});
    happened(findings_.back().text);
}

void SupervisionWorld::happened(const std::string& what) {
    for (const char c : what) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    if (!verbose_) return;
    const std::chrono::duration<double> now = schedule_.now().time_since_epoch();
    std::cout << now.count() << " " << what << "\n";
}

bool SupervisionWorld::has(SupervisionCheck check) const noexcept {
    return std::any_of(findings_.begin(), findings_.end(),
                       [&](const Finding& finding) { return finding.check == check; });
}

std::string SupervisionWorld::text() const {
    std::string all;
    for (const Finding& finding : findings_) all += finding.text + "\n";
    return all;
}

SimulatedProcess* SupervisionWorld::find(ProcessId id) const {
    const auto found = processes_.find(id);
    return found == processes_.end() ? nullptr : found->second.get();
}

// A life
// -----------------------------------------------------------------------------------

void SupervisionWorld::run() {
    event([&] { core_->start(schedule_.now(), outbox_); });
    follow_tor();
    schedule_.after(std::chrono::milliseconds(dice_.between(1, 3000)), [this] { trouble(); });
    live(120s);
    calm_down();
    live(150s);
    check_recovered();
    stop();
    live(stop_limit + 1s);
    check_end();
}

/// Looks at everything twice a second.
void SupervisionWorld::live(Duration time) {
    const Instant end = schedule_.now() + time;
    while (schedule_.now() < end) {
        schedule_.run_until(std::min(end, schedule_.now() + 500ms));
        if (!finished_) check_always();
    }
}

void SupervisionWorld::trouble() {
    if (calm_ || finished_) return;
    one_trouble();
    schedule_.after(std::chrono::milliseconds(dice_.between(1, 4000)), [this] { trouble(); });
}

void SupervisionWorld::one_trouble() {
    if (schedule_.now() < asleep_until_) return;
    const auto which = dice_.between(0, 99);
    if (which < 30) {
        if (dice_.chance(70)) ++on_disk_;
        return command(dice_.chance(80) ? "apply" : "check");
    }
    if (which < 35) return command("rollback");
    if (which < 36) return command("frobnicate");
    if (which < 44) return event([&] { core_->on_hangup(outbox_); });
    if (which < 45) return event([&] { core_->on_reopen_signal(outbox_); });
    if (which < 47 && dice_.chance(10)) return stop();
    if (which < 47 && stop_asked_) return stop();
    if (which == 99) return sleep();
    if (processes_.empty()) return;
    const auto chosen = dice_.between(0, processes_.size() - 1);
    SimulatedProcess& process =
        *std::next(processes_.begin(), static_cast<std::ptrdiff_t>(chosen))->second;
    if (which < 65) {
        happened("stall " + text_of(process.id()));
        process.stall(dice_.chance(20));
    } else if (which < 85) {
        process.resume();
    } else if (dice_.chance(kills_percent_)) {
        process.kill();
    }
}

/// The machine is suspended: no process runs, and no timer goes off.
void SupervisionWorld::sleep() {
    if (stop_asked_) return;
    const auto length = std::chrono::milliseconds(dice_.between(4000, 15'000));
    happened("sleep");
    asleep_until_ = schedule_.now() + length;
    slept_ += length + 1s;
    round_began_ += length + 1s;
    for (auto& [id, due] : restart_due_) due += length + 1s;
    std::vector<ProcessPointer> asleep;
    for (const ProcessPointer& process : all_) {
        if (!process->alive() || process->stalled()) continue;
        process->stall(true);
        asleep.push_back(process);
    }
    schedule_.at(asleep_until_ + std::chrono::milliseconds(dice_.between(1, 900)),
                 [this, asleep] { wake_up(asleep); });
}

void SupervisionWorld::wake_up(const std::vector<ProcessPointer>& asleep) {
    for (const ProcessPointer& process : asleep) process->wake();
}

void SupervisionWorld::follow_tor() {
    if (finished_ || quiet_) return;
    const SimulatedProcess* const tor = find(supervision::tor_process);
    if (tor != nullptr && tor->alive()) {
        event([&] {
            auto& monitor = core_->tor();
            const int percent = static_cast<int>(dice_.between(0, 100));
            const auto which = dice_.between(0, 9);
            if (which < 6) monitor.on_bootstrap({percent, "s", "", "l"}, schedule_.now(), outbox_);
            if (which == 6) monitor.on_descriptor_uploaded(outbox_);
            if (which == 7) monitor.on_complaint("w", outbox_);
            if (which == 8 && !calm_) core_->on_tor_control_lost("", schedule_.now(), outbox_);
        });
    }
    schedule_.after(std::chrono::milliseconds(dice_.between(100, 5000)), [this] { follow_tor(); });
}

void SupervisionWorld::command(std::string_view line) {
    const supervision::RequestId request = commands_.size() + 1;
    commands_[request];
    happened("command " + std::to_string(request) + " " + std::string(line));
    expect_answer(request, answer_limit);
    event([&] { core_->on_command(request, line, outbox_); });
}

/// Within that time, in which sleep does not count.
void SupervisionWorld::expect_answer(supervision::RequestId request, Duration limit) {
    schedule_.after(limit, [this, request, slept = slept_] {
        if (commands_[request].answers != 0) return;
        if (slept_ > slept) return expect_answer(request, slept_ - slept);
        wrong(SupervisionCheck::answered_once, std::to_string(request) + " never");
    });
}

void SupervisionWorld::stop() {
    if (finished_) return;
    if (!std::exchange(stop_asked_, true)) {
        schedule_.after(stop_limit, [this] {
            if (!finished_) wrong(SupervisionCheck::nothing_left, "the end does not come");
        });
    }
    happened("signal to stop");
    event([&] { core_->on_stop_signal(schedule_.now(), outbox_); });
}

void SupervisionWorld::calm_down() {
    calm_ = true;
    for (const ProcessPointer& process : all_) process->resume();
}

// Checks
// -----------------------------------------------------------------------------------

void SupervisionWorld::expect_restart(ProcessId id) {
    restart_due_.try_emplace(id, schedule_.now() + restart_limit);
}

void SupervisionWorld::check_hanging() {
    const Instant now = schedule_.now();
    for (const auto& [id, process] : processes_) {
        if (!process->alive() || !process->stalled()) continue;
        // tor may have to be attached again first.
        const Duration limit = id.role == Role::tor  ? 2 * hang_limit_at_start
                               : process->answered() ? hang_limit
                                                     : hang_limit_at_start;
        if (now - std::max(process->stalled_since(), asleep_until_) > limit)
            wrong(SupervisionCheck::hang_ended, text_of(id) + " hangs and is not ended");
    }
}

/// A process is ended as it has not answered.
void SupervisionWorld::check_silence(const SimulatedProcess& process) {
    constexpr Duration certainly_answered = 100ms;
    constexpr Duration surely_counted = (supervision::Heartbeats::missed_max - 2) * 1s;
    const Instant now = schedule_.now();
    const bool silent =
        process.stalled()
            ? now - std::max(process.last_answer(), asleep_until_) >= surely_counted
            : now - std::max(process.resumed_at(), asleep_until_) < certainly_answered;
    if (!silent) wrong(SupervisionCheck::healthy_lives, text_of(process.id()) + " was ended");
}

void SupervisionWorld::check_always() {
    if (core_->phase() != ProcessTree::Phase::running) return;
    if (schedule_.now() >= asleep_until_) check_hanging();
    const Instant now = schedule_.now();
    for (const auto& [id, due] : restart_due_) {
        if (now > due) wrong(SupervisionCheck::restarted, text_of(id) + " is not started again");
    }
    const auto& reload = core_->reload();
    if (!reload.busy() || reload.round() != round_) round_began_ = now;
    round_ = reload.round();
    if (now - round_began_ > answer_limit)
        wrong(SupervisionCheck::reload_ends, "round " + std::to_string(round_));
    for (const auto& [id, process] : processes_) {
        if (!process->alive() || id.role == Role::tor) continue;
        if (!reload.busy() && process->version() != running_) {
            wrong(SupervisionCheck::all_or_nothing, text_of(id) + " decides by " +
                                                        std::to_string(process->version()) +
                                                        " and not " + std::to_string(running_));
        }
        for (const auto& [backend, since] : process->dials_open()) {
            if (!process->stalled() && now - since > dial_limit)
                wrong(SupervisionCheck::dials_answered, "backend " + std::to_string(backend));
        }
    }
}

void SupervisionWorld::check_recovered() {
    if (stop_asked_ || finished_) return;
    if (processes_.size() != core_processes_) wrong(SupervisionCheck::recovers, "not all runs");
    quiet_ = true;
    ++on_disk_;
    command("apply");
    live(5s);
    if (last_exit_code_ != 0) wrong(SupervisionCheck::recovers, "a reload fails");
    const SimulatedProcess* const worker = find(supervision::worker_process);
    if (worker != nullptr && worker->onion() != core_->tor().status())
        wrong(SupervisionCheck::onion_told, "the worker has another state");
}

void SupervisionWorld::check_end() {
    for (const auto& [request, command] : commands_) {
        if (command.answers == 0)
            wrong(SupervisionCheck::answered_once, std::to_string(request) + " never");
    }
    for (const ProcessPointer& process : all_) {
        if (process->alive())
            wrong(SupervisionCheck::nothing_left, text_of(process->id()) + " is left");
    }
}

}  // namespace sallyport::sim
