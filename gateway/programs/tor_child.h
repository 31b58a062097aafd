#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/admin/status.h"
#include "gateway/config/config.h"
#include "gateway/programs/kept_child.h"
#include "gateway/tor/control_client.h"

namespace sallyport::gateway {

/// The managed tor: writes its torrc, keeps it running, follows its bootstrap on the control
/// socket, repeats its complaints in our log. The onion key stays in `state_dir`/onion, so the
/// address is the same after every restart.
class TorChild {
public:
    struct Events {
        std::function<void(const OnionState&)> changed;
        std::function<void()> attached;  ///< tor runs, and its control socket answers
        std::function<void(const std::string& why)> ended;  ///< with tor's last complaint
    };

    TorChild(boost::asio::io_context& io, const GatewayConfig& config, std::string program,
             Events events);

    void start() { child_.start(); }
    bool on_exit(pid_t pid, int status) { return child_.on_exit(pid, status); }
    void stop(std::chrono::milliseconds grace) { child_.stop(grace); }
    void kill() noexcept { child_.kill(); }
    bool running() const noexcept { return child_.running(); }

private:
    struct Attempt;

    pid_t launch();
    void read_output(const std::shared_ptr<Attempt>& attempt);
    void on_line(const std::string& line);
    void attach_later(const std::shared_ptr<Attempt>& attempt);
    void attach(const std::shared_ptr<Attempt>& attempt);
    void read_control(const std::shared_ptr<Attempt>& attempt);
    void carry_out(const std::shared_ptr<Attempt>& attempt, ControlClient::Output& out);
    void take(const ControlClient::Event& event, const std::shared_ptr<Attempt>& attempt);
    void learn_address();
    void await_progress();
    void on_end();

    boost::asio::io_context& io_;
    std::string state_dir_;
    std::string program_;
    std::string torrc_;
    Events events_;
    OnionState state_;
    std::string last_complaint_;
    boost::asio::steady_timer stall_timer_;
    std::shared_ptr<Attempt>
        attempt_;  ///< of the running process; older ones find themselves replaced
    KeptChild child_;
};

/// Checks what a managed tor needs, makes its folders, and has tor itself judge the torrc. Throws
/// StartError. Returns tor's path.
std::string prepare_tor(const GatewayConfig& config);

}  // namespace sallyport::gateway
