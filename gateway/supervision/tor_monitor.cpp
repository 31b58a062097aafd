#include "gateway/supervision/tor_monitor.h"

#include <algorithm>

namespace sallyport::gateway::supervision {

void TorMonitor::attach_after(wamp::Duration delay, wamp::Instant now) {
    state_ = State::waiting;
    attach_deadline_ = now + delay;
}

void TorMonitor::look_for_address(Outbox& out) const {
    if (status_.address.empty()) out.emplace_back(effect::ReadOnionAddress{});
}

void TorMonitor::send_status(Outbox& out) const {
    if (!status_.address.empty()) {
        out.emplace_back(
            effect::NotifyStatus{status_.address + (status_.reachable ? ", reachable" : "")});
    }
    out.emplace_back(effect::SendOnion{status_});
}

/// Its exit is reported as that of any process.
void TorMonitor::end(const std::string& why, Outbox& out) {
    state_ = State::ending;
    attach_deadline_ = stall_deadline_ = verify_deadline_ = wamp::never;
    last_complaint_ = why;
    out.emplace_back(effect::Log{effect::Level::error, "tor: " + why + "; ending it"});
    out.emplace_back(effect::Kill{tor_process});
}

void TorMonitor::on_started(wamp::Instant now) {
    lost_ = false;
    verify_deadline_ = now + verify_limit;
    attach_after(attach_interval, now);
}

void TorMonitor::on_exit(Outbox& out) {
    if (state_ == State::down) return;
    state_ = State::down;
    attach_deadline_ = stall_deadline_ = verify_deadline_ = wamp::never;
    status_.percent = 0;
    status_.reachable = false;
    status_.summary = "tor is not running";
    send_status(out);
}

void TorMonitor::on_attached(Outbox& out) {
    if (state_ != State::attaching) return;
    state_ = State::attached;
    lost_ = false;
    look_for_address(out);
}

void TorMonitor::on_verified() {
    if (state_ == State::attached) verify_deadline_ = wamp::never;
}

void TorMonitor::on_unconfigured(std::string_view how, Outbox& out) {
    if (state_ == State::attached) end(std::string(how), out);
}

void TorMonitor::on_attach_failed(std::string_view why, wamp::Instant now, Outbox& out) {
    if (state_ != State::attaching) return;
    if (!why.empty())
        out.emplace_back(effect::Log{effect::Level::error, "tor: " + std::string(why)});
    attach_after(why.empty() && !lost_ ? attach_interval : retry_delay, now);
}

void TorMonitor::on_control_lost(std::string_view why, wamp::Instant now, Outbox& out) {
    if (state_ != State::attached) return;
    if (!why.empty()) out.emplace_back(effect::Log{effect::Level::error, std::string(why)});
    lost_ = true;
    verify_deadline_ = std::min(verify_deadline_, now + verify_limit);
    attach_after(retry_delay, now);
}

void TorMonitor::on_bootstrap(const BootstrapProgress& progress, wamp::Instant now, Outbox& out) {
    if (state_ != State::attached) return;
    out.emplace_back(
        effect::Log{progress.warning.empty() ? effect::Level::info : effect::Level::warning,
                    progress.log_line});
    status_.percent = progress.percent;
    status_.summary = progress.summary;
    status_.warning = progress.warning;
    stall_deadline_ = progress.percent < 100 ? now + stalled_after : wamp::never;
    look_for_address(out);
    send_status(out);
}

void TorMonitor::on_descriptor_uploaded(Outbox& out) {
    if (state_ != State::attached) return;
    if (!status_.reachable) {
        status_.reachable = true;
        out.emplace_back(effect::Log{effect::Level::info,
                                     "onion service is reachable: its descriptor was uploaded"});
    }
    look_for_address(out);
    send_status(out);
}

void TorMonitor::on_address(std::string_view address, Outbox& out) {
    if (!status_.address.empty()) return;
    status_.address = address;
    out.emplace_back(effect::Log{effect::Level::info, "onion address: " + status_.address});
    send_status(out);
}

void TorMonitor::on_complaint(std::string_view line, Outbox& out) {
    last_complaint_ = line;
    out.emplace_back(effect::Log{effect::Level::warning, "tor: " + last_complaint_});
}

void TorMonitor::stop() {
    state_ = State::down;
    attach_deadline_ = stall_deadline_ = verify_deadline_ = wamp::never;
}

void TorMonitor::on_deadline(wamp::Instant now, Outbox& out) {
    if (now >= verify_deadline_) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(verify_limit).count();
        return end(
            "it has not answered on its control socket for " + std::to_string(seconds) + " s", out);
    }
    if (now >= attach_deadline_) {
        attach_deadline_ = wamp::never;
        state_ = State::attaching;
        if (lost_) {
            out.emplace_back(effect::Log{effect::Level::warning,
                                         "tor: the control connection was lost; reconnecting"});
        }
        out.emplace_back(effect::AttachTor{});
    }
    if (now >= stall_deadline_) {
        stall_deadline_ = wamp::never;
        if (status_.warning.empty()) status_.warning = "can this machine reach the Tor network?";
        const auto seconds =
            std::chrono::duration_cast<std::chrono::seconds>(stalled_after).count();
        out.emplace_back(effect::Log{effect::Level::warning,
                                     "tor: no progress for " + std::to_string(seconds) + " s at " +
                                         std::to_string(status_.percent) + "% (" + status_.summary +
                                         "): " + status_.warning});
        send_status(out);
    }
}

wamp::Instant TorMonitor::deadline() const noexcept {
    return std::min({attach_deadline_, stall_deadline_, verify_deadline_});
}

}  // namespace sallyport::gateway::supervision
