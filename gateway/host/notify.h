#pragma once

#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sallyport::gateway {

/// Tells systemd how we are, when it asked for that (NOTIFY_SOCKET, WATCHDOG_USEC); nothing
/// otherwise.
class SystemdNotifier {
public:
    explicit SystemdNotifier(boost::asio::io_context& io);

    void ready();
    void stopping();
    /// One line that `systemctl status` shows.
    void status(const std::string& line);

private:
    void beat();

    boost::asio::steady_timer timer_;
    std::chrono::microseconds watchdog_{};
};

}  // namespace sallyport::gateway
