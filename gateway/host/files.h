#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "backend-link/link/local_address.h"
#include "gateway/host/descriptor.h"
#include "gateway/host/path_text.h"

namespace sallyport::gateway {

inline constexpr std::size_t config_bytes_max = 16u << 20;

/// The content of a file. Throws StartError, with `place` as the position that names the file (file
/// "" for none).
std::string read_file(const std::string& path, const policy::Place& place = {},
                      std::size_t bytes_max = config_bytes_max);

/// As read_file(), for a secret: throws if group or others have access, or if it is not a regular
/// file.
std::string read_secret(const std::string& path, const policy::Place& place = {},
                        std::size_t bytes_max = config_bytes_max);

/// Throws StartError if group or others may read or write the file.
void refuse_open_to_others(const std::string& path, const policy::Place& place);

/// Creates the folder with mode 0700 if it does not exist (its parents with 0755). Throws
/// StartError if others can write to it or this process cannot.
void make_private_folder(const std::string& path, const policy::Place& place);

/// Takes the lock that keeps two programs from using one state directory; it is held until the
/// descriptor is closed. Throws StartError if another program holds it.
Descriptor lock_state_dir(const PathText& state_dir);

/// Makes the path available: removes a socket that has no listener. Throws StartError if there is a
/// listener or the file is not a socket.
void claim_socket_path(const PathText& socket);

/// Listens on a unix socket that is open to `access`, after claim_socket_path(). Throws StartError,
/// also if there is no such group or this process may not give it the socket.
Descriptor listen_unix(const PathText& socket, const SocketAccess& access = {});

/// Listens on a numeric address. Throws StartError if it is in use or not an address of this
/// machine.
Descriptor listen_tcp(const backend_link::Address& address, const policy::Place& place);

/// Listens on unix or TCP, depending on the address.
Descriptor listen_at(const backend_link::Address& address, const policy::Place& place,
                     const SocketAccess& access = {});

/// The absolute path of a program: as given if it contains a slash, otherwise searched in PATH.
/// Nothing if it is not found.
std::optional<std::string> find_program(const std::string& name);

}  // namespace sallyport::gateway
