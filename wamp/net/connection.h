#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/epoll.h>
#include <unistd.h>

#include "wamp/base/ids.h"
#include "wamp/base/instant.h"
#include "wamp/flow/silence.h"
#include "wamp/net/channel.h"

namespace sallyport::wamp {

/// One socket and its state. It exists until the end of the turn in which it ended, so that
/// functions on the stack can still use it.
struct Connection {
    Connection(PeerId name, int descriptor, const Channel::Shared& shared,
               const Channel::Config& config)
        : id(name), fd(descriptor), channel(shared, config) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        if (fd >= 0) ::close(fd);
    }

    PeerId id;
    int fd;
    bool dirty = false;             ///< is in State::dirty
    bool blocked = false;           ///< the kernel accepts no more: wait for EPOLLOUT
    bool paused = false;            ///< by the host: not read until it resumes
    bool parked = false;            ///< paused with input that was read and not passed on
    bool yielded = false;           ///< parked until the next turn, when others have been read
    bool stalls = false;            ///< `deadline` is for the peer to read something
    bool watched = true;            ///< by epoll; not once it has gone before all of it was read
    std::uint32_t armed = EPOLLIN;  ///< what epoll watches for
    bool detached = false;          ///< closed by the host, or reported to it as closed
    bool closing = false;           ///< flush, then wait for the peer to close; input is discarded
    bool shut = false;              ///< sending has ended
    bool deaf = false;              ///< the peer receives no more; what it has sent is still read
    bool ended = false;
    bool essential = false;
    bool joined = false;
    bool lingers = false;  ///< is in State::lingering
    bool listed = false;   ///< is in State::pressed
    bool pings_rawsocket = false;
    bool pinged = false;   ///< if it is silent: it knows PINGs, as far as we know
    bool pressed = false;  ///< not read until it has read what waits for it: memory is short
    std::uint32_t turn_messages = 0;
    std::size_t unread_bytes_max = 0;
    std::size_t charged = 0;       ///< part of State::charged
    std::size_t leaving_held = 0;  ///< part of State::leaving_held
    Duration close_timeout{};
    Duration stall_timeout{};
    Instant read_at{};  ///< while it stalls: when the peer was last known to have read something
    int unread = 0;     ///< bytes in the kernel at that time
    Instant since{};    ///< when it was connected
    Instant fitted{};   ///< when its send buffer was last fitted to its path; links only
    std::size_t write_bytes_max = SIZE_MAX;  ///< at once
    Instant deadline = never;
    const flow::SilenceLimits* silence_limits = nullptr;
    flow::Silence silence{};
    std::string broken;  ///< the reason with which it is reported as closed at the end of this turn
    Channel channel;

    /// Writes what the kernel takes of `wire`.
    void write(OutQueue& wire);
    /// Has epoll watch for what is wanted now.
    void watch(int epoll);
    flow::Silence::Signs signs() const noexcept;

    bool is_read() noexcept {
        return closing || (!paused && !parked && (deaf || (!pressed && !channel.owes_much())));
    }
};

}  // namespace sallyport::wamp
