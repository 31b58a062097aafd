#include "gateway/host/notify.h"

#include <systemd/sd-daemon.h>

#include <cstdint>

namespace sallyport::gateway {

SystemdNotifier::SystemdNotifier(boost::asio::io_context& io) : timer_(io) {
    std::uint64_t microseconds = 0;
    if (::sd_watchdog_enabled(0, &microseconds) > 0) {
        watchdog_ = std::chrono::microseconds(microseconds / 2);
        beat();
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
    ::sd_notify(0, "WATCHDOG=1");
    timer_.expires_after(watchdog_);
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error) beat();
    });
}

}  // namespace sallyport::gateway
