#pragma once

#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sallyport::gateway {

/// Reports the state to systemd if it asked for that (NOTIFY_SOCKET, WATCHDOG_USEC); otherwise does
/// nothing.
class SystemdNotifier {
public:
    /// The watchdog is fed as long as `works` says that what the program is for works.
    SystemdNotifier(boost::asio::io_context& io, std::function<bool()> works);

    void ready();
    void stopping();
    /// The line that `systemctl status` shows.
    void status(const std::string& line);

private:
    void beat();
    void await_beat();

    boost::asio::steady_timer timer_;
    std::function<bool()> works_;
    std::chrono::microseconds watchdog_{};
};

}  // namespace sallyport::gateway
