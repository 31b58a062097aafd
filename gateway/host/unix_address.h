#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string_view>

namespace sallyport::gateway {

/// The address of a unix socket for bind(), connect() and sendto(). A path longer than
/// unix_path_bytes_max bytes is cut off; check it first (unfit_for_unix_socket).
class UnixAddress {
public:
    explicit UnixAddress(std::string_view path) noexcept {
        address_.sun_family = AF_UNIX;
        path.copy(address_.sun_path, sizeof(address_.sun_path) - 1);
    }

    const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&address_); }
    socklen_t size() const noexcept { return sizeof(address_); }

private:
    sockaddr_un address_{};
};

}  // namespace sallyport::gateway
