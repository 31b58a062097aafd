#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sallyport::gateway {

/// Keeps one child process running: starts it again after it ended, at once the first time and then
/// with waits that double up to restart_wait_max, without a last attempt; ends it by SIGTERM, and
/// by SIGKILL after a grace period.
class KeptChild {
public:
    static constexpr std::chrono::milliseconds restart_wait_min{100};
    static constexpr std::chrono::milliseconds restart_wait_max{10'000};
    static constexpr std::chrono::seconds healthy_after{
        30};  ///< having run for that long, it begins anew at the least wait

    using Start = std::function<pid_t()>;
    using Ended = std::function<void(int status)>;

    /// `start` starts a process; `ended` hears of each end, before the next start.
    KeptChild(boost::asio::io_context& io, std::string name, Start start, Ended ended);

    /// Throws what `start` throws.
    void start();
    /// A child of ours has ended; false if it was another one.
    bool on_exit(pid_t pid, int status);
    /// Not started again from now on. Sends SIGTERM when `ask` says so, and SIGKILL after `grace`.
    void stop(std::chrono::milliseconds grace, bool ask = true);
    void kill() noexcept;

    const std::string& name() const noexcept { return name_; }
    bool running() const noexcept { return pid_ > 0; }
    bool stopping() const noexcept { return stopping_; }

private:
    void start_later();

    std::string name_;
    Start start_;
    Ended ended_;
    boost::asio::steady_timer timer_;
    pid_t pid_ = 0;
    bool stopping_ = false;
    std::chrono::milliseconds wait_ = restart_wait_min;
    std::chrono::steady_clock::time_point started_{};
};

}  // namespace sallyport::gateway
