#include "gateway/programs/listeners.h"

#include <unistd.h>

#include <algorithm>
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
    if (config.metrics.listen)
        listeners_.push_back(
            {"metrics", "", listen_at(*config.metrics.listen, config.metrics.place)});
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
            open_link(static_cast<std::uint32_t>(index), config.backends[index],
                      std::move(given[index]), state_dir);
    }
}

void Listeners::open_unix(std::string name, const SocketText& path, const std::string& state_dir) {
    if (!path) return;
    make_folder_of(path, state_dir);
    claim_socket_path(path);
    listeners_.push_back({std::move(name), path.path, listen_unix(path, path.access)});
}

namespace {

std::string name_of(std::uint32_t number) {
    return "listen " + std::to_string(number);
}

/// What makes the socket of a link.
std::string address_of(const BackendText& backend) {
    return backend.address.text() + " " +
           (backend.access.mode ? std::to_string(*backend.access.mode) : "") + " " +
           backend.access.group;
}

}  // namespace

void Listeners::prepare(const GatewayConfig& config, const std::vector<std::uint32_t>& numbers) {
    discard();
    for (std::size_t index = 0; index < numbers.size(); ++index) {
        const BackendText& backend = config.backends[index];
        if (backend.kind != BackendText::Kind::accept) continue;
        const std::string address = address_of(backend);
        const bool present =
            std::any_of(listeners_.begin(), listeners_.end(),
                        [&](const Listener& listener) { return listener.address == address; });
        if (present) {
            kept_.push_back({name_of(numbers[index]), address});
            continue;
        }
        check_access_stays(backend);
        try {
            prepared_.push_back(bind_link(numbers[index], backend, config.state_dir.path));
        } catch (...) {
            discard();
            throw;
        }
    }
}

/// The socket cannot be bound again while the one with the former access is in use.
void Listeners::check_access_stays(const BackendText& backend) {
    const std::string start = backend.address.text() + " ";
    if (std::any_of(listeners_.begin(), listeners_.end(), [&](const Listener& listener) {
            return listener.address.starts_with(start);
        })) {
        discard();
        throw StartError(backend.address_place,
                         "mode and group of " + policy::quoted(backend.address.text()) +
                             " take effect at the next start only",
                         "restart sallyport, or undo the change");
    }
}

void Listeners::adopt() noexcept {
    for (auto listener = listeners_.begin(); listener != listeners_.end();) {
        const auto kept = std::find_if(kept_.begin(), kept_.end(), [&](const Renamed& candidate) {
            return candidate.address == listener->address;
        });
        if (listener->address.empty()) {  // not of a link
            ++listener;
        } else if (kept == kept_.end()) {
            if (!listener->unix_path.empty()) ::unlink(listener->unix_path.c_str());
            listener = listeners_.erase(listener);
        } else {
            listener->is_new = listener->name != kept->name;
            listener->name = kept->name;
            ++listener;
        }
    }
    for (Listener& listener : prepared_) {
        listener.is_new = true;
        listeners_.push_back(std::move(listener));
    }
    prepared_.clear();
    kept_.clear();
}

void Listeners::discard() noexcept {
    for (const Listener& listener : prepared_) {
        if (!listener.unix_path.empty()) ::unlink(listener.unix_path.c_str());
    }
    prepared_.clear();
    kept_.clear();
}

Listeners::Listener Listeners::bind_link(std::uint32_t number, const BackendText& backend,
                                         const std::string& state_dir) {
    const bool tcp = backend.address.kind == backend_link::Address::Kind::tcp;
    const PathText path{tcp ? "" : backend.address.host_or_path, backend.address_place};
    if (path) make_folder_of(path, state_dir);
    return {name_of(number), path.path,
            listen_at(backend.address, backend.address_place, backend.access), address_of(backend)};
}

void Listeners::open_link(std::uint32_t number, const BackendText& backend, Descriptor given,
                          const std::string& state_dir) {
    if (given) {
        if (backend.access.mode) {
            throw StartError(backend.address_place,
                             "the service manager made this socket, with its own mode and group",
                             "remove mode and group, and set SocketMode= and SocketGroup= in the "
                             "socket unit");
        }
        // Its path belongs to the service manager.
        listeners_.push_back({name_of(number), "", std::move(given), address_of(backend)});
        return;
    }
    listeners_.push_back(bind_link(number, backend, state_dir));
}

void Listeners::close() noexcept {
    for (const Listener& listener : listeners_) {
        if (!listener.unix_path.empty()) ::unlink(listener.unix_path.c_str());
    }
    listeners_.clear();
    discard();
}

void Listeners::send_all(const Send& send) const {
    for (const Listener& listener : listeners_) send(listener.name, listener.socket.get());
}

void Listeners::send_new(const Send& send) {
    for (Listener& listener : listeners_) {
        if (std::exchange(listener.is_new, false)) send(listener.name, listener.socket.get());
    }
}

}  // namespace sallyport::gateway
