#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "gateway/config/config.h"
#include "gateway/tor/bootstrap.h"
#include "gateway/tor/control_client.h"
#include "gateway/tor/torrc.h"

namespace sallyport::gateway {

/// What a managed tor is started with.
struct TorSetup {
    std::string program;  ///< its path
    std::string folder;   ///< has the files that sallyport writes for it
    Torrc torrc;
};

/// The managed tor process: starts it, reads its log, and uses its control socket. It decides
/// nothing: everything is reported to `Events`, for the supervision's TorMonitor. Its folder and
/// its torrc are written before each start, and so is the onion key if it has vanished since tor
/// wrote it; the key has a folder of its own. So the address is the same after every restart.
class TorProcess {
public:
    struct Events {
        std::function<void(std::string_view line)> complaint;  ///< a warning or error in its log
        std::function<void(const Bootstrap&)> bootstrap;
        std::function<void()> uploaded;  ///< a directory accepted the service's descriptor
        std::function<void()> verified;  ///< it runs as its torrc says
        std::function<void(std::string_view how)> unconfigured;  ///< it runs otherwise
        std::function<void(std::string_view why)> control_lost;
    };

    TorProcess(boost::asio::io_context& io, TorSetup setup, Events events);

    /// Throws StartError or std::system_error.
    pid_t start();
    /// The process has ended.
    void forget();
    /// Connects the control socket. Nothing on success, otherwise the reason; "" if tor has not
    /// created it yet.
    std::optional<std::string> attach();
    /// Asks tor again whether it runs as its torrc says: the answer is `verified` or
    /// `unconfigured`.
    void verify();
    /// Has it read its configuration and the keys of its clients again, and ends these circuits.
    /// False if its control socket is not connected.
    bool reload();
    bool close_circuits(const std::vector<std::uint64_t>& circuits);
    /// The address that tor has written; "" if it has not yet. Its key is remembered.
    std::string onion_address();

private:
    struct Output;
    struct Connection;

    void restore_onion_key();
    void read_output(const std::shared_ptr<Output>& output);
    void read_control(const std::shared_ptr<Connection>& connection);
    void carry_out(const std::shared_ptr<Connection>& connection, ControlClient::Output& out);

    boost::asio::io_context& io_;
    TorSetup setup_;
    Events events_;
    std::string onion_key_;  ///< "" until the address is known
    // Of the running process; handlers of earlier ones notice that they were replaced.
    std::shared_ptr<Output> output_;
    std::shared_ptr<Connection> connection_;
};

/// Checks the requirements of a managed tor, the lines of torrc_extra included, writes its files,
/// and has tor itself check them. Throws StartError.
TorSetup prepare_tor(const GatewayConfig& config);

/// Creates tor's folder if it does not exist, and writes its torrc. Throws StartError, with `place`
/// as the position of the state directory in the configuration.
void write_tor_files(const TorSetup& setup, const policy::Place& place = {});

/// The command line of tor with these files: no others are read.
std::vector<std::string> tor_arguments(const TorSetup& setup);

}  // namespace sallyport::gateway
