#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// The sockets on which the gateway listens, bound by the supervisor for its worker. Their paths
/// are removed with them: whoever removes the path of a socket must be whoever made it.
class Listeners {
public:
    Listeners() = default;
    ~Listeners() { close(); }
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;

    /// Binds all that `config` names. Throws StartError.
    void open(const GatewayConfig& config);
    void close() noexcept;

    /// `send` gets each socket with its name: "front", "local", "admin", "listen BACKEND".
    void send_all(const std::function<void(std::string_view name, int socket)>& send) const;

private:
    struct Listener {
        std::string name;
        std::string unix_path;  ///< "" for tcp
        Descriptor socket;
    };

    void open_unix(std::string name, const PathText& path, unsigned mode,
                   const std::string& state_dir);
    void open_link(std::size_t index, const BackendText& backend, const std::string& state_dir);

    std::vector<Listener> listeners_;
};

/// Makes the folder of a socket when it is one of the state directory's. Throws StartError.
void make_folder_of(const PathText& socket, const std::string& state_dir);

}  // namespace sallyport::gateway
