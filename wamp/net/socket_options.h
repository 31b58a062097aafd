#pragma once

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

/// Limits what the kernel holds of what is sent to about 8 KiB, for any stream socket.
void set_small_send_buffer(int fd);

/// Bytes that the kernel has taken and the peer has not read (unix) or not acknowledged (TCP).
int unread_by_peer(int fd);

}  // namespace sallyport::wamp
