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

/// The managed tor process: starts it, reads its log, and uses its control socket. It decides
/// nothing: everything is reported to `Events`, for the supervision's TorMonitor. The onion key
/// stays in `state_dir`/onion, so the address is the same after every restart.
class TorProcess {
public:
    struct Events {
        std::function<void(std::string_view line)> complaint;  ///< a warning or error in its log
        std::function<void(const Bootstrap&)> bootstrap;
        std::function<void()> uploaded;  ///< a directory accepted the service's descriptor
        std::function<void(std::string_view why)> control_lost;
    };

    TorProcess(boost::asio::io_context& io, std::string state_dir, std::string program,
               Events events);

    /// Throws std::system_error.
    pid_t start();
    /// The process has ended.
    void forget();
    /// Connects the control socket. Nothing on success, otherwise the reason; "" if tor has not
    /// created it yet.
    std::optional<std::string> attach();
    /// The address that tor has written; "" if it has not yet.
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
    // Of the running process; handlers of earlier ones notice that they were replaced.
    std::shared_ptr<Output> output_;
    std::shared_ptr<Connection> connection_;
};

/// Checks the requirements of a managed tor, creates its folders, writes its torrc, and has tor
/// itself verify it. Throws StartError. Returns tor's path.
std::string prepare_tor(const GatewayConfig& config);

}  // namespace sallyport::gateway
