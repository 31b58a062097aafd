#include "gateway/host/activated_sockets.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include <boost/asio/ip/tcp.hpp>

#include "gateway/host/start_error.h"
#include "policy/document/diagnostic.h"

namespace sallyport::gateway {

using backend_link::Address;

namespace {

/// Where the socket listens; nothing if it is not a listening stream socket of these families.
std::optional<Address> address_of(int socket) {
    sockaddr_storage storage{};
    socklen_t bytes = sizeof(storage);
    if (::sd_is_socket(socket, AF_UNSPEC, SOCK_STREAM, 1) <= 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &bytes) != 0) {
        return std::nullopt;
    }
    if (storage.ss_family == AF_UNIX) {
        const auto* const text = reinterpret_cast<const sockaddr_un&>(storage).sun_path;
        const std::size_t most = bytes - offsetof(sockaddr_un, sun_path);
        return Address{Address::Kind::unix_path, std::string(text, ::strnlen(text, most)), 0};
    }
    if (storage.ss_family != AF_INET && storage.ss_family != AF_INET6) return std::nullopt;
    boost::asio::ip::tcp::endpoint endpoint;
    std::memcpy(endpoint.data(), &storage, bytes);
    return Address{Address::Kind::tcp, endpoint.address().to_string(), endpoint.port()};
}

bool is_same(const Address& one, const Address& other) {
    if (one.kind == Address::Kind::unix_path || one.kind != other.kind) return one == other;
    boost::system::error_code error;
    return one.port == other.port &&
           boost::asio::ip::make_address(one.host_or_path, error) ==
               boost::asio::ip::make_address(other.host_or_path, error) &&
           !error;
}

}  // namespace

ActivatedSockets ActivatedSockets::from_environment(const policy::Place& place) {
    char** names = nullptr;
    const int count = ::sd_listen_fds_with_names(1, &names);
    ActivatedSockets sockets;
    std::string stranger;
    for (int index = 0; index < count; ++index) {
        Descriptor descriptor(SD_LISTEN_FDS_START + index);
        const std::string name = names[index];
        std::free(names[index]);
        auto address = address_of(descriptor.get());
        if (!address) {
            stranger = name;
            continue;
        }
        ::fcntl(descriptor.get(), F_SETFL, ::fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK);
        sockets.sockets_.push_back({name, *std::move(address), std::move(descriptor)});
    }
    std::free(static_cast<void*>(names));
    if (!stranger.empty()) {
        throw StartError(place,
                         "the socket " + policy::quoted(stranger) +
                             " of the service manager is not a listening stream socket",
                         "use ListenStream= in the socket unit");
    }
    return sockets;
}

Descriptor ActivatedSockets::take(const Address& address) {
    const auto found = std::find_if(sockets_.begin(), sockets_.end(), [&](const Socket& socket) {
        return is_same(socket.address, address);
    });
    if (found == sockets_.end()) return {};
    Descriptor descriptor = std::move(found->descriptor);
    sockets_.erase(found);
    return descriptor;
}

void ActivatedSockets::require_all_taken(const policy::Place& place) const {
    if (sockets_.empty()) return;
    const Socket& socket = sockets_.front();
    throw StartError(place,
                     "the socket " + policy::quoted(socket.name) + " of the service manager (" +
                         socket.address.text() + ") is not a listener of a link",
                     "write listen = \"" + socket.address.text() +
                         "\" at a [[backend]] of kind \"accept\", or correct ListenStream= in the "
                         "socket unit");
}

}  // namespace sallyport::gateway
