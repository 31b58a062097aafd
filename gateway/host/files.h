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

/// The whole of a file. Throws StartError, with `place` as where it was asked for (file "" for
/// none).
std::string read_file(const std::string& path, const policy::Place& place = {},
                      std::size_t bytes_max = config_bytes_max);

/// As read_file(), of a secret: refuses what group or others may read, and what is not a regular
/// file.
std::string read_secret(const std::string& path, const policy::Place& place = {},
                        std::size_t bytes_max = config_bytes_max);

/// Throws StartError when group or others may read or write the file.
void refuse_open_to_others(const std::string& path, const policy::Place& place);

/// Makes the folder with mode 0700 where it is missing (its parents with 0755), refuses one that
/// others may write into or that we cannot write into. Throws StartError.
void make_private_folder(const std::string& path, const policy::Place& place);

/// Takes the lock that keeps two programs from sharing one state directory; it is held until the
/// descriptor is closed. Throws StartError when another has it.
Descriptor lock_state_dir(const PathText& state_dir);

/// Whether somebody accepts connections there. Removes a socket whose owner is gone. Throws
/// StartError when the path is occupied by a listener or by something that is no socket.
void claim_socket_path(const PathText& socket);

/// Listens on a unix socket with the given mode; claim_socket_path() was called before. Throws
/// StartError.
Descriptor listen_unix(const PathText& socket, unsigned mode = 0600);

/// Listens on a numeric address. Throws StartError when it is in use or not ours.
Descriptor listen_tcp(const backend_link::Address& address, const policy::Place& place);

/// unix or tcp by the address.
Descriptor listen_at(const backend_link::Address& address, const policy::Place& place);

/// The absolute path of a program: as given when it has a slash, otherwise searched in PATH.
/// Nothing when there is none.
std::optional<std::string> find_program(const std::string& name);

}  // namespace sallyport::gateway
