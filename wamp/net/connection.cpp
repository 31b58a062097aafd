#include "wamp/net/connection.h"

#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

#include "wamp/net/socket_options.h"

namespace sallyport::wamp {
namespace {

constexpr std::size_t gather_max = 64;

}  // namespace

void Connection::write(OutQueue& wire) {
    while (!wire.empty() && !blocked) {
        std::array<iovec, gather_max> pieces;
        const std::size_t used = wire.gather(pieces);
        std::size_t offered = 0;
        for (std::size_t i = 0; i < used; ++i) offered += pieces[i].iov_len;
        // Not sendmsg(), which could name another receiver and pass descriptors: the sandbox has
        // none.
        const ssize_t count = ::writev(fd, pieces.data(), static_cast<int>(used));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            // The peer has closed. Reading comes to the end of what it has sent.
            deaf = true;
            wire.clear();
            return;
        }
        if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            broken = error_text("lost", errno);
            return;
        }
        const std::size_t written = count < 0 ? 0 : static_cast<std::size_t>(count);
        wire.consume(written);
        blocked = written < offered;
    }
}

void Connection::watch(int epoll) {
    const bool reads = is_read() || yielded;  // it soon will be
    const std::uint32_t wanted = (reads ? EPOLLIN : 0u) | (blocked ? EPOLLOUT : 0u);
    if (watched ? wanted == armed : !reads) return;
    epoll_event interest{};
    interest.events = wanted;
    interest.data.u64 = static_cast<std::uint64_t>(id);
    ::epoll_ctl(epoll, watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &interest);
    armed = wanted;
    watched = true;
}

flow::Silence::Signs Connection::signs() const noexcept {
    char octet = 0;
    const bool has_sent = parked || ::recv(fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    return {has_sent, blocked, static_cast<std::uint32_t>(unread_by_peer(fd)),
            static_cast<std::uint32_t>(channel.written())};
}

}  // namespace sallyport::wamp
