#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/document/diagnostic.h"

namespace sallyport::gateway {

/// A path of a configuration file and its position there. Made absolute when the file is read.
struct PathText {
    std::string path;  ///< "" when absent
    policy::Place place;

    explicit operator bool() const noexcept { return !path.empty(); }
};

/// Who may connect to a unix socket: `mode` and `group` of a listener.
struct SocketAccess {
    std::optional<unsigned> mode;  ///< 0600 if not given
    std::string group;             ///< "" for that of the process
    policy::Place place;           ///< of the group
};

/// The path of a unix socket on which to listen.
struct SocketText : PathText {
    SocketAccess access;
};

/// Why the path is invalid for a unix socket; nothing if it is valid.
std::optional<std::string> unfit_for_unix_socket(std::string_view path);

}  // namespace sallyport::gateway
