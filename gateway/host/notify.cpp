#include "gateway/host/notify.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <utility>

namespace sallyport::gateway {

SystemdNotifier::SystemdNotifier(boost::asio::io_context& io, std::function<bool()> works)
    : timer_(io), works_(std::move(works)) {
    // Often, so that a few that are left out do not use up the time.
    constexpr std::uint64_t beats = 10;
    std::uint64_t microseconds = 0;
    if (::sd_watchdog_enabled(0, &microseconds) > 0) {
        watchdog_ = std::chrono::microseconds(microseconds / beats);
        await_beat();
    }
}

void SystemdNotifier::ready() {
    ::sd_notify(0, "READY=1");
}
void SystemdNotifier::stopping() {
    ::sd_notify(0, "STOPPING=1");
}
void SystemdNotifier::status(const std::string& line) {
    ::sd_notify(0, ("STATUS=" + line).c_str());
}

void SystemdNotifier::beat() {
    if (works_()) ::sd_notify(0, "WATCHDOG=1");
    await_beat();
}

void SystemdNotifier::await_beat() {
    timer_.expires_after(watchdog_);
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error) beat();
    });
}

}  // namespace sallyport::gateway
