#include "gateway/supervision/child_process.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sallyport::gateway::supervision {

void ChildProcess::begin(wamp::Instant now, Outbox& out) {
    state_ = State::running;
    started_ = now;
    deadline_ = wamp::never;
    out.emplace_back(effect::Start{process_.id});
}

void ChildProcess::restart_later(wamp::Instant now) {
    state_ = State::waiting;
    deadline_ = now + delay_;
    delay_ = std::min(delay_ * 2, restart_delay_max);
}

void ChildProcess::start(wamp::Instant now, Outbox& out) {
    if (state_ == State::idle) begin(now, out);
}

void ChildProcess::on_start_failed(std::string_view why, wamp::Instant now, Outbox& out) {
    if (!has_process()) return;
    if (state_ == State::stopping) {
        state_ = State::stopped;
        deadline_ = wamp::never;
        return;
    }
    out.emplace_back(effect::Log{effect::Level::error,
                                 process_.name + " cannot be started: " + std::string(why)});
    restart_later(now);
}

void ChildProcess::on_exit(const Exit& exit, wamp::Instant now, Outbox& out) {
    if (!has_process()) return;
    if (state_ == State::stopping) {
        state_ = State::stopped;
        deadline_ = wamp::never;
        return;
    }
    if (now - started_ >= stable_after) delay_ = restart_delay_min;
    const auto delay_ms = std::chrono::duration_cast<std::chrono::milliseconds>(delay_).count();
    out.emplace_back(effect::Log{effect::Level::error, process_.name + " " + exit.description +
                                                           "; restarting it in " +
                                                           std::to_string(delay_ms) + " ms"});
    restart_later(now);
}

void ChildProcess::stop(wamp::Duration grace, bool terminate, wamp::Instant now, Outbox& out) {
    if (state_ == State::running) {
        state_ = State::stopping;
        deadline_ = now + grace;
        if (terminate) out.emplace_back(effect::Terminate{process_.id});
    } else if (state_ != State::stopping) {
        state_ = State::stopped;
        deadline_ = wamp::never;
    }
}

void ChildProcess::kill(Outbox& out) {
    deadline_ = wamp::never;
    if (has_process()) out.emplace_back(effect::Kill{process_.id});
    state_ = has_process() ? State::stopping : State::stopped;
}

void ChildProcess::end_grace(Outbox& out) {
    if (state_ != State::stopping || deadline_ == wamp::never) return;
    deadline_ = wamp::never;
    out.emplace_back(
        effect::Log{effect::Level::warning, process_.name + " did not exit in time; killing it"});
    out.emplace_back(effect::Kill{process_.id});
}

void ChildProcess::on_deadline(wamp::Instant now, Outbox& out) {
    if (now < deadline_) return;
    if (state_ == State::waiting) {
        begin(now, out);
    } else {
        end_grace(out);
    }
}

}  // namespace sallyport::gateway::supervision
