#include "wamp/net/socket_options.h"

#include <cstring>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace sallyport::wamp {

namespace {

constexpr int kernel_unsent_bytes = 16 << 10;  // of a TCP connection
constexpr int small_buffer_bytes = 8 << 10;    // the kernel doubles it, for its own structures
constexpr int small_unsent_bytes = 2 << 10;    // of these, of a TCP connection

}  // namespace

std::string error_text(std::string_view what, int error) {
    return std::string(what) + ": " + std::strerror(error);
}

void set_tcp_options(int fd) {
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
