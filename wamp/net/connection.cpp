#include "wamp/net/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <span>

#include <sys/socket.h>
#include <sys/uio.h>

#include "wamp/net/connections.h"
#include "wamp/net/socket_options.h"

namespace sallyport::wamp {
namespace {

constexpr std::size_t gather_max = 64;
constexpr Duration fit_interval = std::chrono::milliseconds(10);

}  // namespace

void Connection::write(OutQueue& wire) {
    while (!wire.empty() && !blocked) {
        std::array<iovec, gather_max> pieces;
        const std::size_t used = wire.gather(pieces);
        std::size_t offered = 0;
        for (iovec& piece : std::span(pieces).first(used)) {
            piece.iov_len = std::min(piece.iov_len, write_bytes_max - offered);
            offered += piece.iov_len;
        }
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
    // What has been given to the kernel for a link cannot be overtaken by what others send later.
    if (!blocked || !essential) return;
    const Instant present = now();
    if (present - fitted < fit_interval) return;
    fitted = present;
    write_bytes_max = fit_send_buffer(fd);
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
