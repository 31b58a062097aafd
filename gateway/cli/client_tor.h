#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "gateway/cli/bundle.h"
#include "gateway/host/descriptor.h"
#include "gateway/tor/client_auth.h"

namespace sallyport::gateway {

/// A tor for one client command, with the onion key of a bundle; it ends with this object. What it
/// knows of the Tor network is kept in `$XDG_STATE_HOME/sallyport` (or `~/.local/state/sallyport`)
/// for the next command; commands that run at the same time have a folder each.
class ClientTor {
public:
    struct Settings {
        std::string program = "tor";
        std::string extra_file;  ///< lines as in torrc_extra of a gateway; "" for none
    };

    /// Returns once tor can build circuits. Throws StartError if it cannot be started, and
    /// ClientFailure if that takes longer than `timeout`.
    ClientTor(const Bundle& bundle, const Settings& settings, std::chrono::nanoseconds timeout);
    ClientTor(const ClientTor&) = delete;
    ClientTor& operator=(const ClientTor&) = delete;
    ~ClientTor();

    const std::string socks_socket() const { return torrc_.socks_socket(); }

private:
    void take_folder();
    void await_circuits(std::chrono::nanoseconds timeout) const;
    void stop() noexcept;

    ClientTorrc torrc_;
    Descriptor lock_;
    mutable pid_t process_ = 0;
};

/// The folder for what commands keep between runs. Throws StartError if there is no home.
std::string client_state_folder();

}  // namespace sallyport::gateway
