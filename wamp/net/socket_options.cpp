#include "wamp/net/socket_options.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <linux/sockios.h>
#include <linux/tcp.h>  // netinet/tcp.h lacks the rate
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace sallyport::wamp {

namespace {

constexpr int kernel_unsent_bytes = 16 << 10;  // of a TCP connection
constexpr int keepalive_seconds_max = 32767;   // of the kernel
constexpr int small_buffer_bytes = 8 << 10;    // the kernel doubles it, for its own structures
constexpr int small_unsent_bytes = 2 << 10;    // of these, of a TCP connection
constexpr std::size_t under_way_min = 16 << 10;
constexpr std::size_t fitted_max = 256 << 10;  // beyond, the kernel chooses: it may refuse more
constexpr Duration until_written = std::chrono::milliseconds(5);  // once the kernel has room

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

std::size_t bytes_under_way(std::uint64_t bytes_per_second, Duration round_trip) noexcept {
    const auto duration = std::chrono::duration<double>(2 * round_trip + until_written);
    const double bytes = static_cast<double>(bytes_per_second) * duration.count();
    return std::max(under_way_min, static_cast<std::size_t>(bytes));
}

std::size_t fit_send_buffer(int fd) {
    tcp_info measured{};
    socklen_t size = sizeof(measured);
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &measured, &size) != 0 ||
        size < sizeof(measured.tcpi_delivery_rate) + offsetof(tcp_info, tcpi_delivery_rate) ||
        measured.tcpi_delivery_rate == 0) {
        return SIZE_MAX;
    }
    const std::size_t wanted = bytes_under_way(measured.tcpi_delivery_rate,
                                               std::chrono::microseconds(measured.tcpi_min_rtt));
    if (wanted > fitted_max) {
        const int by_kernel = 0;  // fails before Linux 5.14: it then stays as it is
        ::setsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &by_kernel, sizeof(by_kernel));
        return SIZE_MAX;
    }
    const int half = static_cast<int>(wanted / 2);  // the kernel doubles it
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &half, sizeof(half));
    return wanted / 4;
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
