#include "gateway/programs/listeners.h"

#include <unistd.h>

#include <filesystem>
#include <utility>

#include "gateway/host/activated_sockets.h"
#include "gateway/host/files.h"
#include "gateway/host/start_error.h"

namespace sallyport::gateway {

void make_folder_of(const PathText& socket, const std::string& state_dir) {
    const std::string folder = std::filesystem::path(socket.path).parent_path().string();
    if (folder.starts_with(state_dir + "/")) make_private_folder(folder, socket.place);
}

void Listeners::open(const GatewayConfig& config) {
    const std::string& state_dir = config.state_dir.path;
    open_unix("front", config.front, state_dir);
    open_unix("local", config.local, state_dir);
    open_unix("admin", config.admin, state_dir);
    if (config.tor.socks) {
        make_folder_of(config.tor.socks, state_dir);
        claim_socket_path(config.tor.socks);
    }
    const policy::Place file{config.file, 0, 0};
    ActivatedSockets activated = ActivatedSockets::from_environment(file);
    const auto accepts = [](const BackendText& backend) {
        return backend.kind == BackendText::Kind::accept;
    };
    std::vector<Descriptor> given(config.backends.size());
    for (std::size_t index = 0; index < given.size(); ++index) {
        if (accepts(config.backends[index]))
            given[index] = activated.take(config.backends[index].address);
    }
    activated.require_all_taken(file);
    for (std::size_t index = 0; index < given.size(); ++index) {
        if (accepts(config.backends[index]))
            open_link(index, config.backends[index], std::move(given[index]), state_dir);
    }
}

void Listeners::open_unix(std::string name, const SocketText& path, const std::string& state_dir) {
    if (!path) return;
    make_folder_of(path, state_dir);
    claim_socket_path(path);
    listeners_.push_back({std::move(name), path.path, listen_unix(path, path.access)});
}

void Listeners::open_link(std::size_t index, const BackendText& backend, Descriptor given,
                          const std::string& state_dir) {
    std::string name = "listen " + std::to_string(index);
    if (given) {
        if (backend.access.mode) {
            throw StartError(backend.address_place,
                             "the service manager made this socket, with its own mode and group",
                             "remove mode and group, and set SocketMode= and SocketGroup= in the "
                             "socket unit");
        }
        // Its path belongs to the service manager.
        listeners_.push_back({std::move(name), "", std::move(given)});
        return;
    }
    const bool tcp = backend.address.kind == backend_link::Address::Kind::tcp;
    const PathText path{tcp ? "" : backend.address.host_or_path, backend.address_place};
    if (path) make_folder_of(path, state_dir);
    listeners_.push_back({std::move(name), path.path,
                          listen_at(backend.address, backend.address_place, backend.access)});
}

void Listeners::close() noexcept {
    for (const Listener& listener : listeners_) {
        if (!listener.unix_path.empty()) ::unlink(listener.unix_path.c_str());
    }
    listeners_.clear();
}

void Listeners::send_all(const std::function<void(std::string_view name, int socket)>& send) const {
    for (const Listener& listener : listeners_) send(listener.name, listener.socket.get());
}

}  // namespace sallyport::gateway
