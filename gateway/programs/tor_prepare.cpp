// The checks before tor is started as a child.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "gateway/host/child.h"
#include "gateway/host/files.h"
#include "gateway/host/path_text.h"
#include "gateway/host/start_error.h"
#include "gateway/programs/tor_process.h"
#include "gateway/tor/extra_torrc.h"
#include "gateway/tor/onion.h"
#include "gateway/tor/torrc.h"

namespace sallyport::gateway {

using policy::quoted;

namespace {

constexpr std::chrono::seconds check_limit{10};

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

/// Throws StartError if this process may open no socket for the internet (a seccomp filter such as
/// that of RestrictAddressFamilies=).
void require_network(const policy::Place& place) {
    for (const int family : {AF_INET, AF_INET6}) {
        const Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (socket || errno != EAFNOSUPPORT) return;
    }
    throw StartError(
        place, "a managed tor needs the network, which this process may not use",
        "under systemd, copy deploy/systemd/network.conf to the .d directory of the unit, or "
        "set mode = \"external\" and run sallyport-tor.service");
}

bool has_content(const std::string& path, std::string_view content) {
    try {
        return read_file(path) == content;
    } catch (const StartError&) {
        return false;
    }
}

/// A file that is right already needs no room on the disk.
void write_file(const std::string& path, std::string_view content, const policy::Place& place) {
    if (has_content(path, content)) return;
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    errno = file ? ENOSPC : errno;  // if only a part is written
    if (!file || ::write(file.get(), content.data(), content.size()) !=
                     static_cast<ssize_t>(content.size())) {
        fail_start(place.file.empty() ? policy::Place{path, 0, 0} : place,
                   "cannot write " + quoted(path) + ": " + std::generic_category().message(errno),
                   "free space or fix its permissions", errno);
    }
}

void check_onion_key(const std::string& folder) {
    const std::string path = onion_key_file(folder);
    if (!exists(path)) return;
    if (const auto wrong = wrong_with_onion_key(read_secret(path, {}, 4096))) {
        throw StartError({path, 0, 0}, "the onion key " + *wrong,
                         "restore it from a backup; without it the address is lost: move " +
                             folder + " away to get a new one");
    }
}

void guard_mode(const GatewayConfig& config, const std::string& folder) {
    const std::string path = folder + ".mode";
    const std::string wanted(onion_mode(config.tor.single_onion));
    if (exists(path) && exists(onion_key_file(folder))) {
        if (read_file(path) == wanted) return;
        throw StartError(
            config.tor.place,
            "the onion key in " + quoted(folder) +
                " was used with the other setting of single_onion, which determines whether "
                "the server's location is hidden",
            "set single_onion back, or move that folder away to get a new address");
    }
    write_file(path, wanted, config.state_dir.place);
}

/// What comes out of a pipe until its other end is closed; nothing if that takes longer than
/// `check_limit`.
std::optional<std::string> read_in_time(const Descriptor& pipe) {
    const auto end = std::chrono::steady_clock::now() + check_limit;
    std::string said;
    std::array<char, 4096> bytes{};
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        pollfd readable{pipe.get(), POLLIN, 0};
        const int events = ::poll(&readable, 1, std::max(0, static_cast<int>(left.count())));
        if (events < 0 && errno == EINTR) continue;
        if (events <= 0) return std::nullopt;
        const ssize_t count = ::read(pipe.get(), bytes.data(), bytes.size());
        if (count <= 0) return said;
        said.append(bytes.data(), static_cast<std::size_t>(count));
    }
}

/// The errors that tor reports for `--verify-config`; nothing if the configuration is valid. Throws
/// StartFault if it hangs or is killed.
std::optional<std::string> complaint_of_tor(const TorSetup& setup, const policy::Place& place) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
    const Descriptor read_end(ends[0]);
    Descriptor write_end(ends[1]);
    std::vector<std::string> words = tor_arguments(setup);
    words.emplace_back("--verify-config");
    const pid_t pid = start_child({setup.program, std::move(words), -1, write_end.get()});
    write_end.close();
    const std::optional<std::string> answer = read_in_time(read_end);
    if (!answer) ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!answer) {
        throw StartFault(place,
                         "tor has not checked its configuration within " +
                             std::to_string(check_limit.count()) + " s",
                         "is the machine overloaded, or is tor.binary another program?");
    }
    if (WIFSIGNALED(status)) {
        throw StartFault(place,
                         "tor " + describe_exit(status) + " while it checked its configuration",
                         "start again");
    }
    const std::string& said = *answer;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::nullopt;
    std::string complaints;
    for (std::size_t begin = 0; begin < said.size();) {
        const std::size_t end = std::min(said.find('\n', begin), said.size());
        const auto complaint = complaint_of_log(std::string_view(said).substr(begin, end - begin));
        if (complaint && complaint->find("Reading config failed") == std::string_view::npos) {
            complaints += (complaints.empty() ? "" : "; ") + std::string(*complaint);
        }
        begin = end + 1;
    }
    return complaints.empty() ? "it " + describe_exit(status) : complaints;
}

/// The lines of torrc_extra; "" if there is none.
std::string extra_lines(const PathText& file) {
    if (!file) return "";
    ExtraTorrc extra = parse_extra_torrc(read_file(file.path, file.place));
    if (extra.errors.empty()) return std::move(extra.lines);
    policy::Diagnostics diagnostics;
    for (ExtraTorrc::Error& error : extra.errors) {
        diagnostics.push_back(
            {{file.path, error.line, 1}, std::move(error.text), std::move(error.hint)});
    }
    throw StartError(std::move(diagnostics));
}

}  // namespace

std::vector<std::string> tor_arguments(const TorSetup& setup) {
    return {"tor", "-f", setup.folder + "/torrc", "--defaults-torrc",
            setup.folder + "/torrc-defaults"};
}

void write_tor_files(const TorSetup& setup, const policy::Place& place) {
    make_private_folder(setup.folder, place);
    // Without this file tor would accept one that somebody else has put there.
    write_file(setup.folder + "/torrc-defaults", "", place);
    write_file(setup.folder + "/torrc", to_text(setup.torrc), place);
}

TorSetup prepare_tor(const GatewayConfig& config) {
    require_network(config.tor.place);
    const auto program = find_program(config.tor.binary);
    if (!program) {
        throw StartError(config.tor.binary_place,
                         "there is no program " + quoted(config.tor.binary),
                         "install tor (apt-get install tor) or set tor.binary to its path");
    }
    const std::string& state = config.state_dir.path;
    TorSetup setup{*program, state + "/tor", {}};
    Torrc& torrc = setup.torrc;
    torrc.data_directory = setup.folder;
    torrc.control_socket = setup.folder + "/control.sock";
    torrc.onion_directory = state + "/onion";
    torrc.front_socket = config.front.path;
    torrc.socks_socket = config.tor.socks.path;
    torrc.extra = extra_lines(config.tor.extra);
    torrc.virtual_port = config.tor.virtual_port;
    torrc.single_onion = config.tor.single_onion;
    torrc.owner_pid = ::getpid();
    if (const auto why = unfit_for_unix_socket(torrc.control_socket)) {
        throw StartError(config.state_dir.place, quoted(torrc.control_socket) + " " + *why,
                         "use a shorter state_dir");
    }
    make_private_folder(torrc.onion_directory, config.state_dir.place);
    check_onion_key(torrc.onion_directory);
    guard_mode(config, torrc.onion_directory);
    write_tor_files(setup, config.state_dir.place);
    if (const auto complaint = complaint_of_tor(setup, config.tor.place)) {
        throw StartError(
            config.tor.extra ? config.tor.extra.place : config.tor.place,
            "tor refuses its configuration: " + *complaint,
            config.tor.extra ? "correct the file of torrc_extra" : "is it tor 0.4.8 or later?");
    }
    return setup;
}

}  // namespace sallyport::gateway
