#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wamp/base/instant.h"

namespace sallyport::wamp {

/// "lost: Connection reset by peer" for a number of errno.
std::string error_text(std::string_view what, int error);

/// Prepares a TCP socket for messages; does nothing for other sockets. After `idle` without a
/// packet the kernel probes the peer, and after `dead` without an acknowledgement the connection
/// ends.
void set_tcp_options(int fd, Duration idle, Duration dead);

/// How many bytes a connection needs on their way to keep its path busy, if the kernel has measured
/// that rate and that shortest round trip: what fills the path, as much again, so that the rate can
/// be seen to grow, and what leaves until more is written. At least 16 KiB.
std::size_t bytes_under_way(std::uint64_t bytes_per_second, Duration round_trip) noexcept;

/// Limits what the kernel has taken of a TCP connection to what its path needs, as measured. More
/// would not leave sooner: it would wait in the kernel and the network, in an order that can no
/// longer change. Returns how much to write at once, as the kernel takes a whole write if it has
/// any room; SIZE_MAX if that does not matter, and for other sockets. It takes a few microseconds;
/// call it now and then while the kernel accepts no more.
std::size_t fit_send_buffer(int fd);

/// Limits what the kernel holds of what is sent to about 8 KiB, for any stream socket.
void set_small_send_buffer(int fd);

/// Bytes that the kernel has taken and the peer has not read (unix) or not acknowledged (TCP).
int unread_by_peer(int fd);

}  // namespace sallyport::wamp
