#include "gateway/programs/kept_child.h"

#include <signal.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "gateway/host/child.h"
#include "gateway/host/log.h"

namespace sallyport::gateway {

KeptChild::KeptChild(boost::asio::io_context& io, std::string name, Start start, Ended ended)
    : name_(std::move(name)), start_(std::move(start)), ended_(std::move(ended)), timer_(io) {}

void KeptChild::start() {
    started_ = std::chrono::steady_clock::now();
    pid_ = start_();
}

bool KeptChild::on_exit(pid_t pid, int status) {
    if (pid != pid_) return false;
    pid_ = 0;
    timer_.cancel();
    ended_(status);
    if (stopping_) return true;
    if (std::chrono::steady_clock::now() - started_ >= healthy_after) wait_ = restart_wait_min;
    log(LogLevel::error, name_ + " " + describe_exit(status) + "; starting it again in " +
                             std::to_string(wait_.count()) + " ms");
    start_later();
    return true;
}

void KeptChild::start_later() {
    timer_.expires_after(wait_);
    wait_ = std::min(wait_ * 2, restart_wait_max);
    timer_.async_wait([this](boost::system::error_code error) {
        if (error || stopping_) return;
        try {
            start();
        } catch (const std::exception& failure) {
            log(LogLevel::error, name_ + " cannot be started: " + failure.what());
            start_later();
        }
    });
}

void KeptChild::stop(std::chrono::milliseconds grace, bool ask) {
    stopping_ = true;
    timer_.cancel();
    if (!running()) return;
    if (ask) ::kill(pid_, SIGTERM);
    timer_.expires_after(grace);
    timer_.async_wait([this](boost::system::error_code error) {
        if (error || !running()) return;
        log(LogLevel::warning, name_ + " does not end by itself; killing it");
        kill();
    });
}

void KeptChild::kill() noexcept {
    stopping_ = true;
    if (running()) ::kill(pid_, SIGKILL);
}

}  // namespace sallyport::gateway
