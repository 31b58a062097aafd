#include "gateway/client/connect.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include "gateway/client/exit_code.h"
#include "gateway/host/unix_address.h"
#include "wamp/framing/socks5.h"
#include "wamp/net/connections.h"

namespace sallyport::gateway {
namespace {

using backend_link::Address;
using wamp::Instant;

[[noreturn]] void refuse(const std::string& whom, std::string_view why) {
    throw ClientFailure(client_not_connected,
                        "cannot connect to " + whom + ": " + std::string(why));
}

void wait_for(int fd, short events, Instant deadline, const std::string& whom) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - wamp::now()).count();
        pollfd entry{fd, events, 0};
        const int ready =
            ::poll(&entry, 1, static_cast<int>(std::clamp<long long>(left, 0, 1 << 30)));
        if (ready > 0) return;
        if (ready == 0)
            throw ClientFailure(client_timeout,
                                "cannot connect to " + whom + ": no answer in time");
        if (errno != EINTR) refuse(whom, std::strerror(errno));
    }
}

// "" if the socket is connected.
std::string finish_connect(int fd, const sockaddr* address, socklen_t bytes, Instant deadline,
                           const std::string& whom) {
    if (::connect(fd, address, bytes) == 0) return "";
    if (errno != EINPROGRESS && errno != EINTR) return std::strerror(errno);
    wait_for(fd, POLLOUT, deadline, whom);
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? "" : std::strerror(error);
}

Descriptor new_socket(int family) {
    return Descriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

Descriptor connect_unix(const Address& to, Instant deadline) {
    const UnixAddress address(to.host_or_path);
    Descriptor socket = new_socket(AF_UNIX);
    if (!socket) refuse(to.host_or_path, std::strerror(errno));
    const std::string error =
        finish_connect(socket.get(), address.get(), address.size(), deadline, to.host_or_path);
    if (!error.empty()) refuse(to.host_or_path, error);
    return socket;
}

Descriptor connect_tcp(const Address& to, Instant deadline) {
    const std::string whom = to.host_or_path + ":" + std::to_string(to.port);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int failed =
        ::getaddrinfo(to.host_or_path.c_str(), std::to_string(to.port).c_str(), &hints, &found);
    if (failed != 0) refuse(whom, ::gai_strerror(failed));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    std::string error = "no address";
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        Descriptor socket = new_socket(at->ai_family);
        if (!socket) continue;
        error = finish_connect(socket.get(), at->ai_addr, at->ai_addrlen, deadline, whom);
        if (error.empty()) return socket;
    }
    refuse(whom, error);
}

Descriptor connect_to(const Address& to, Instant deadline) {
    return to.kind == Address::Kind::unix_path ? connect_unix(to, deadline)
                                               : connect_tcp(to, deadline);
}

void send_all(int fd, std::string_view bytes, Instant deadline, const std::string& whom) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            wait_for(fd, POLLOUT, deadline, whom);
        } else if (errno != EINTR) {
            refuse(whom, std::strerror(errno));
        }
    }
}

void shake_hands(int fd, const ClientUrl& url, Instant deadline) {
    const std::string whom = url.address.host_or_path + " through the SOCKS proxy";
    wamp::Socks5 socks(url.address.host_or_path, url.address.port);
    std::array<char, 512> block;
    while (!socks.connected()) {
        send_all(fd, socks.take_to_send(), deadline, whom);
        const ssize_t count =
            ::recv(fd, block.data(), std::min(block.size(), socks.bytes_needed()), 0);
        if (count > 0) {
            socks.feed({block.data(), static_cast<std::size_t>(count)});
        } else if (count == 0) {
            refuse(whom, "the proxy closed the connection");
        } else if (errno == EAGAIN) {
            wait_for(fd, POLLIN, deadline, whom);
        } else if (errno != EINTR) {
            refuse(whom, std::strerror(errno));
        }
        if (socks.failed()) refuse(whom, socks.why());
    }
}

}  // namespace

Descriptor connect_client(const ClientUrl& url, const std::optional<Address>& socks,
                          Instant deadline) {
    if (!socks) return connect_to(url.address, deadline);
    Descriptor socket = connect_to(*socks, deadline);
    shake_hands(socket.get(), url, deadline);
    return socket;
}

}  // namespace sallyport::gateway
