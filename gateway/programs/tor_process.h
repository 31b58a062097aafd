#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "gateway/config/config.h"
#include "gateway/tor/bootstrap.h"
#include "gateway/tor/control_client.h"

namespace sallyport::gateway {

/// The managed tor as a process: starts it, reads what it logs, and talks to its control socket. It
/// decides nothing: what comes goes to `Events`, for the supervision's TorMonitor. The onion key
/// stays in `state_dir`/onion, so the address is the same after every restart.
class TorProcess {
public:
    struct Events {
        std::function<void(std::string_view line)> complaint;  ///< a warning or error that it logs
        std::function<void(const Bootstrap&)> bootstrap;
        std::function<void()> uploaded;  ///< a directory took the service's descriptor
        std::function<void(std::string_view why)> control_lost;
    };

    TorProcess(boost::asio::io_context& io, std::string state_dir, std::string program,
               Events events);

    /// Throws std::system_error.
    pid_t start();
    /// The process has ended.
    void forget();
    /// Connects the control socket. Nothing when that is done, otherwise why not; "" when tor has
    /// not made it yet.
    std::optional<std::string> attach();
    /// Which tor has written; "" when it has not yet.
    std::string onion_address() const;

private:
    struct Output;
    struct Connection;

    void read_output(const std::shared_ptr<Output>& output);
    void read_control(const std::shared_ptr<Connection>& connection);
    void carry_out(const std::shared_ptr<Connection>& connection, ControlClient::Output& out);

    boost::asio::io_context& io_;
    std::string state_dir_;
    std::string program_;
    Events events_;
    // Of the process that runs; the handlers of earlier ones find themselves replaced.
    std::shared_ptr<Output> output_;
    std::shared_ptr<Connection> connection_;
};

/// Checks what a managed tor needs, makes its folders, writes its torrc, and has tor itself judge
/// it. Throws StartError. Returns tor's path.
std::string prepare_tor(const GatewayConfig& config);

}  // namespace sallyport::gateway
