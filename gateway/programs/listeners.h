#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// The sockets on which the gateway listens, bound by the supervisor for its worker. Their paths
/// are removed with them: only the process that created a socket may remove its path.
class Listeners {
public:
    Listeners() = default;
    ~Listeners() { close(); }
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;

    /// Binds all listeners of `config`, but for links whose socket the service manager has passed
    /// to this process. Throws StartError.
    void open(const GatewayConfig& config);
    void close() noexcept;

    /// Passes each socket with its name to `send`: "front", "local", "admin", "listen BACKEND".
    void send_all(const std::function<void(std::string_view name, int socket)>& send) const;

private:
    struct Listener {
        std::string name;
        std::string unix_path;  ///< "" for tcp, and for a socket of the service manager
        Descriptor socket;
    };

    void open_unix(std::string name, const SocketText& path, const std::string& state_dir);
    /// `given` is the socket of the service manager, if it has passed one.
    void open_link(std::size_t index, const BackendText& backend, Descriptor given,
                   const std::string& state_dir);

    std::vector<Listener> listeners_;
};

/// Creates the folder of a socket if it is inside the state directory. Throws StartError.
void make_folder_of(const PathText& socket, const std::string& state_dir);

}  // namespace sallyport::gateway
