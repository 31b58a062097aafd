#include "gateway/host/files.h"

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "gateway/host/path_text.h"
#include "gateway/host/start_error.h"
#include "gateway/host/unix_address.h"

namespace sallyport::gateway {

using policy::Place;

namespace {

constexpr int backlog = 1024;
constexpr std::size_t group_entry_bytes_max = 1u << 20;  // with all its members

std::string why(int number) {
    return std::generic_category().message(number);
}

[[noreturn]] void refuse(const Place& place, const std::string& text, const std::string& hint,
                         int number = 0) {
    fail_start(place, text, hint, number);
}

/// For a folder into which nothing can be written.
std::string hint_for_folder(int number) {
    return may_pass(number) ? "free space on its disk, or make it writable"
                            : "make the user that runs this program its owner";
}

/// The place, or the path itself if it does not come from a file.
Place or_path(const Place& place, const std::string& path) {
    return place.file.empty() ? Place{path, 0, 0} : place;
}

Descriptor open_regular(const std::string& path, const Place& place) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file)
        refuse(or_path(place, path), "cannot read " + policy::quoted(path) + ": " + why(errno),
               "check the path and its permissions", errno);
    struct stat about{};
    if (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) {
        refuse(or_path(place, path), policy::quoted(path) + " is not a file", "check the path");
    }
    return file;
}

std::string read_all(const Descriptor& file, const std::string& path, const Place& place,
                     std::size_t bytes_max) {
    std::string content;
    for (;;) {
        constexpr std::size_t step = 64u << 10;
        const std::size_t before = content.size();
        content.resize(before + step);
        const ssize_t count = ::read(file.get(), content.data() + before, step);
        if (count < 0)
            refuse(or_path(place, path), "cannot read " + policy::quoted(path) + ": " + why(errno),
                   "check the file", errno);
        content.resize(before + static_cast<std::size_t>(count));
        if (count == 0) return content;
        if (content.size() > bytes_max) {
            refuse(or_path(place, path),
                   policy::quoted(path) + " has more than " + std::to_string(bytes_max) + " bytes",
                   "check the path");
        }
    }
}

}  // namespace

std::string read_file(const std::string& path, const Place& place, std::size_t bytes_max) {
    return read_all(open_regular(path, place), path, place, bytes_max);
}

void refuse_open_to_others(const std::string& path, const Place& place) {
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) {
        refuse(or_path(place, path), "cannot read " + policy::quoted(path) + ": " + why(errno),
               "check the path and its permissions");
    }
    if ((about.st_mode & 077) != 0) {
        refuse(or_path(place, path),
               policy::quoted(path) + " can be read or written by users other than its owner",
               "chmod 600 " + path);
    }
}

std::string read_secret(const std::string& path, const Place& place, std::size_t bytes_max) {
    const Descriptor file = open_regular(path, place);
    refuse_open_to_others(path, place);
    return read_all(file, path, place, bytes_max);
}

void make_private_folder(const std::string& path, const Place& place) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        refuse(or_path(place, path),
               "cannot create " + policy::quoted(path) + ": " + why(error ? error.value() : errno),
               "choose another path or create it with: install -d -m 700 -o USER " + path,
               error ? error.value() : errno);
    }
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0 || !S_ISDIR(about.st_mode)) {
        refuse(or_path(place, path), policy::quoted(path) + " is not a folder",
               "move it away or choose another path");
    }
    if (about.st_uid == ::geteuid() && (about.st_mode & 077) != 0 &&
        ::chmod(path.c_str(), 0700) != 0) {
        refuse(or_path(place, path),
               "cannot create " + policy::quoted(path) + " private: " + why(errno),
               "chmod 700 " + path, errno);
    }
    if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
        refuse(or_path(place, path),
               "cannot write into " + policy::quoted(path) + ": " + why(errno),
               hint_for_folder(errno), errno);
    }
}

Descriptor lock_state_dir(const PathText& state_dir) {
    const std::string path = state_dir.path + "/lock";
    Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock)
        refuse(state_dir.place,
               "cannot write into " + policy::quoted(state_dir.path) + ": " + why(errno),
               hint_for_folder(errno), errno);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        refuse(state_dir.place, "another sallyport runs in " + policy::quoted(state_dir.path),
               "stop it, or choose another state_dir");
    }
    return lock;
}

void claim_socket_path(const PathText& socket) {
    if (const auto unfit = unfit_for_unix_socket(socket.path)) {
        refuse(socket.place, policy::quoted(socket.path) + " " + *unfit, "use a shorter path");
    }
    struct stat about{};
    if (::lstat(socket.path.c_str(), &about) != 0) {
        if (errno == ENOENT) return;
        refuse(socket.place, "cannot use " + policy::quoted(socket.path) + ": " + why(errno),
               "choose another path");
    }
    if (!S_ISSOCK(about.st_mode))
        refuse(socket.place, policy::quoted(socket.path) + " exists and is not a socket",
               "move it away or choose another path");
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const UnixAddress address(socket.path);
    if (::connect(probe.get(), address.get(), address.size()) == 0 || errno != ECONNREFUSED) {
        refuse(socket.place, policy::quoted(socket.path) + " is in use by another program",
               "stop that program or choose another path");
    }
    // There is no listener: the socket of a killed program.
    if (::unlink(socket.path.c_str()) != 0) {
        refuse(socket.place,
               "cannot remove the stale socket " + policy::quoted(socket.path) + ": " + why(errno),
               "remove it by hand", errno);
    }
}

namespace {

/// The number of the group; throws StartError if there is none of that name.
gid_t number_of_group(const SocketAccess& access) {
    std::vector<char> buffer(group_entry_bytes_max);
    group entry{};
    group* found = nullptr;
    ::getgrnam_r(access.group.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr) {
        refuse(access.place, "there is no group " + policy::quoted(access.group),
               "create it with `groupadd --system " + access.group + "` or name another group");
    }
    return found->gr_gid;
}

/// A new socket has the group of the process or, under a folder with the set-group-ID bit, that of
/// the folder; nothing is to be done if it is right already.
void give_to_group(const PathText& socket, const SocketAccess& access, gid_t group) {
    struct stat about{};
    if (::lstat(socket.path.c_str(), &about) == 0 && about.st_gid == group) return;
    if (::lchown(socket.path.c_str(), static_cast<uid_t>(-1), group) == 0) return;
    const std::string reason = why(errno);
    ::unlink(socket.path.c_str());
    refuse(access.place,
           "cannot give " + policy::quoted(socket.path) + " to the group " +
               policy::quoted(access.group) + ": " + reason,
           "run this program as a member of that group (`usermod -aG " + access.group +
               " USER`; under systemd, Group=" + access.group + ")");
}

}  // namespace

Descriptor listen_unix(const PathText& socket, const SocketAccess& access) {
    std::optional<gid_t> group;
    if (!access.group.empty()) group = number_of_group(access);
    Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const UnixAddress address(socket.path);
    const auto refuse_path = [&] {
        refuse(socket.place, "cannot listen on " + policy::quoted(socket.path) + ": " + why(errno),
               "make its folder writable or choose another path", errno);
    };
    if (!listener || ::bind(listener.get(), address.get(), address.size()) != 0) refuse_path();
    // Group and mode are set before listen(), so before anybody can connect.
    if (group) give_to_group(socket, access, *group);
    if (::chmod(socket.path.c_str(), access.mode.value_or(0600)) != 0 ||
        ::listen(listener.get(), backlog) != 0)
        refuse_path();
    return listener;
}

Descriptor listen_tcp(const backend_link::Address& address, const Place& place) {
    const auto ip = boost::asio::ip::make_address(address.host_or_path);
    const boost::asio::ip::tcp::endpoint endpoint(ip, address.port);
    Descriptor listener(
        ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int yes = 1;
    if (listener) ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (!listener ||
        ::bind(listener.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 ||
        ::listen(listener.get(), backlog) != 0) {
        const std::string hint =
            errno == EADDRINUSE ? "stop the program that has it or choose another port"
            : errno == EAFNOSUPPORT
                ? "listen on a unix socket or, under systemd, permit the network: "
                  "deploy/systemd/network.conf or sallyport.socket"
                : "choose an address of this machine and a port of your own";
        refuse(place, "cannot listen on " + policy::quoted(address.text()) + ": " + why(errno),
               hint, errno);
    }
    return listener;
}

Descriptor listen_at(const backend_link::Address& address, const Place& place,
                     const SocketAccess& access) {
    if (address.kind == backend_link::Address::Kind::tcp) return listen_tcp(address, place);
    const PathText path{address.host_or_path, place};
    claim_socket_path(path);
    return listen_unix(path, access);
}

std::optional<std::string> find_program(const std::string& name) {
    const auto usable = [](const std::string& path) {
        struct stat about{};
        return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
               ::access(path.c_str(), X_OK) == 0;
    };
    if (name.find('/') != std::string::npos)
        return usable(name) ? std::optional(name) : std::nullopt;
    const char* const from_environment = std::getenv("PATH");
    std::string_view folders =
        from_environment != nullptr ? from_environment : "/usr/local/bin:/usr/bin:/bin";
    while (!folders.empty()) {
        const std::size_t end = std::min(folders.find(':'), folders.size());
        std::string path = std::string(folders.substr(0, end)) + "/" + name;
        if (usable(path)) return path;
        folders.remove_prefix(std::min(end + 1, folders.size()));
    }
    return std::nullopt;
}

}  // namespace sallyport::gateway
