#include "wamp/net/socket_options.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace sallyport::wamp {

namespace {

constexpr int kernel_unsent_bytes = 16 << 10;  // of a TCP connection
constexpr int keepalive_seconds_max = 32767;   // of the kernel
constexpr int small_buffer_bytes = 8 << 10;    // the kernel doubles it, for its own structures
constexpr int small_unsent_bytes = 2 << 10;    // of these, of a TCP connection

// TCP_USER_TIMEOUT decides when a probe, or data, has been unacknowledged for too long, so the
// number of probes does not (tcp(7)).
void keep_alive(int fd, Duration idle, Duration dead) {
    using std::chrono::ceil;
    const auto seconds = [](Duration duration) {
        const auto count = ceil<std::chrono::seconds>(duration).count();
        return static_cast<int>(std::clamp<std::int64_t>(count, 1, keepalive_seconds_max));
    };
    const int on = 1;
    const int idle_seconds = seconds(idle);
    const int interval = seconds(std::max(dead - idle, Duration::zero()) / 4);
    const unsigned timeout_ms = 1000u * static_cast<unsigned>(seconds(dead));
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof(idle_seconds));
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

}  // namespace

std::string error_text(std::string_view what, int error) {
    return std::string(what) + ": " + std::strerror(error);
}

void set_tcp_options(int fd, Duration idle, Duration dead) {
    int domain = 0;
    socklen_t size = sizeof(domain);
    if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return;
    if (domain != AF_INET && domain != AF_INET6) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    // What the network does not take waits here, in an order that may change, and not in the
    // kernel.
    ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kernel_unsent_bytes,
                 sizeof(kernel_unsent_bytes));
    keep_alive(fd, idle, dead);
}

void set_small_send_buffer(int fd) {
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small_buffer_bytes, sizeof(small_buffer_bytes));
    // Beyond what is on its way; fails for other sockets than TCP.
    ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &small_unsent_bytes,
                 sizeof(small_unsent_bytes));
}

int unread_by_peer(int fd) {
    int bytes = 0;
    return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

}  // namespace sallyport::wamp
