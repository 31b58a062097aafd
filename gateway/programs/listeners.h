#pragma once

#include <cstdint>
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

    /// Opens what the backends of another version listen on: it keeps the sockets of addresses that
    /// stay, by their access too, and binds new ones. `numbers` are those of its backends. Until
    /// adopt(), nothing else changes. Throws StartError.
    void prepare(const GatewayConfig& config, const std::vector<std::uint32_t>& numbers);
    void adopt() noexcept;
    void discard() noexcept;

    /// Passes each socket with its name to `send`: "front", "local", "admin", "metrics", "listen
    /// BACKEND".
    using Send = std::function<void(std::string_view name, int socket)>;
    void send_all(const Send& send) const;
    /// The same for those of the last adopt() that have a new name.
    void send_new(const Send& send);

private:
    struct Listener {
        std::string name;
        std::string unix_path;  ///< "" for tcp, and for a socket of the service manager
        Descriptor socket;
        std::string address{};  ///< of a link, with its access
        bool is_new = false;
    };
    struct Renamed {
        std::string name;
        std::string address;
    };

    void open_unix(std::string name, const SocketText& path, const std::string& state_dir);
    /// `given` is the socket of the service manager, if it has passed one.
    void open_link(std::uint32_t number, const BackendText& backend, Descriptor given,
                   const std::string& state_dir);
    void check_access_stays(const BackendText& backend);
    static Listener bind_link(std::uint32_t number, const BackendText& backend,
                              const std::string& state_dir);

    std::vector<Listener> listeners_;
    std::vector<Listener> prepared_;
    std::vector<Renamed> kept_;  ///< of listeners_, for the version that is prepared
};

/// Creates the folder of a socket if it is inside the state directory. Throws StartError.
void make_folder_of(const PathText& socket, const std::string& state_dir);

}  // namespace sallyport::gateway
