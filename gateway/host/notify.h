#pragma once

#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sallyport::gateway {

/// Reports the state to systemd if it asked for that (NOTIFY_SOCKET, WATCHDOG_USEC); otherwise does
/// nothing.
class SystemdNotifier {
public:
    explicit SystemdNotifier(boost::asio::io_context& io);

    void ready();
    void stopping();
    /// The line that `systemctl status` shows.
    void status(const std::string& line);

private:
    void beat();

    boost::asio::steady_timer timer_;
    std::chrono::microseconds watchdog_{};
};

}  // namespace sallyport::gateway
