#include "gateway/cli/client_tor.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>

#include "gateway/client/connect.h"
#include "gateway/client/exit_code.h"
#include "gateway/host/child.h"
#include "gateway/host/files.h"
#include "gateway/host/path_text.h"
#include "gateway/host/replace_file.h"
#include "gateway/host/start_error.h"
#include "gateway/tor/bootstrap.h"
#include "gateway/tor/extra_torrc.h"
#include "gateway/tor/torrc.h"

namespace sallyport::gateway {
namespace {

constexpr int folders_max = 16;  // commands that run at the same time
constexpr std::chrono::milliseconds look_interval{50};
constexpr std::chrono::seconds stop_time{2};

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string extra_lines(const std::string& file) {
    if (file.empty()) return "";
    ExtraTorrc extra = parse_extra_torrc(read_file(file));
    if (extra.errors.empty()) return std::move(extra.lines);
    policy::Diagnostics wrong;
    for (const auto& error : extra.errors)
        wrong.push_back({{file, error.line, 1}, error.text, error.hint});
    throw StartError(std::move(wrong));
}

struct Progress {
    int percent = 0;
    std::string complaint;
};

Progress progress_in(const std::string& log) {
    Progress progress;
    for (std::size_t begin = 0; begin < log.size();) {
        const std::size_t end = std::min(log.find('\n', begin), log.size());
        const std::string_view line = std::string_view(log).substr(begin, end - begin);
        if (const auto step = parse_bootstrap_log(line)) progress.percent = step->percent;
        if (const auto complaint = complaint_of_log(line)) progress.complaint = *complaint;
        begin = end + 1;
    }
    return progress;
}

}  // namespace

std::string client_state_folder() {
    std::string folder = variable("XDG_STATE_HOME");
    if (folder.empty() && !variable("HOME").empty()) folder = variable("HOME") + "/.local/state";
    if (!folder.starts_with('/')) {
        throw StartError(
            "there is no folder for the state of tor (set HOME or XDG_STATE_HOME, or "
            "use a tor that runs already: --socks)");
    }
    return folder + "/sallyport";
}

ClientTor::ClientTor(const Bundle& bundle, const Settings& settings,
                     std::chrono::nanoseconds timeout) {
    const auto program = find_program(settings.program);
    if (!program) {
        throw StartError("there is no program " + policy::quoted(settings.program) +
                         " (install tor, or use one that runs already: --socks)");
    }
    torrc_.extra = extra_lines(settings.extra_file);
    torrc_.owner_pid = ::getpid();
    take_folder();
    make_private_folder(torrc_.data_directory(), {});
    make_private_folder(torrc_.auth_folder(), {});
    replace_file(torrc_.auth_folder() + "/bundle.auth_private",
                 auth_private(bundle.address, bundle.onion_key), 0600);
    replace_file(torrc_.folder + "/torrc", to_text(torrc_), 0600);
    replace_file(torrc_.folder + "/torrc-defaults", "", 0600);
    replace_file(torrc_.log_file(), "", 0600);
    process_ = start_child({*program,
                            {"tor", "--quiet", "-f", torrc_.folder + "/torrc", "--defaults-torrc",
                             torrc_.folder + "/torrc-defaults"}});
    try {
        await_circuits(timeout);
    } catch (...) {
        stop();
        throw;
    }
}

ClientTor::~ClientTor() {
    stop();
}

/// The first that no other command uses.
void ClientTor::take_folder() {
    const std::string state = client_state_folder();
    make_private_folder(state, {});
    for (int number = 1; number <= folders_max; ++number) {
        torrc_.folder = state + "/tor" + (number == 1 ? "" : "-" + std::to_string(number));
        auto why = unfit_for_torrc(torrc_.folder);
        if (!why) why = unfit_for_unix_socket(torrc_.socks_socket());
        if (why) {
            throw StartError({torrc_.folder, 0, 0}, "tor cannot use it: it " + *why,
                             "set XDG_STATE_HOME to another folder");
        }
        make_private_folder(torrc_.folder, {});
        lock_ = Descriptor(::open(torrc_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (lock_ && ::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return;
    }
    throw StartError({state, 0, 0}, "16 commands with a tor of their own are running already",
                     "use a tor that runs already: --socks");
}

void ClientTor::await_circuits(std::chrono::nanoseconds timeout) const {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const Progress progress = progress_in(read_file(torrc_.log_file()));
        if (progress.percent == 100) return;
        const std::string why = progress.complaint.empty() ? "" : ": " + progress.complaint;
        int status = 0;
        if (::waitpid(process_, &status, WNOHANG) == process_) {
            process_ = 0;
            throw ClientFailure(client_not_connected, "tor " + describe_exit(status) + why);
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            throw ClientFailure(client_timeout,
                                "tor has not reached the Tor network in time; it is at " +
                                    std::to_string(progress.percent) + "%" + why +
                                    " (give it longer with --timeout; is there a network?)");
        }
        std::this_thread::sleep_for(look_interval);
    }
}

/// In order at first, so that it writes what it knows of the network.
void ClientTor::stop() noexcept {
    if (process_ == 0) return;
    ::kill(process_, SIGINT);
    const auto deadline = std::chrono::steady_clock::now() + stop_time;
    while (::waitpid(process_, nullptr, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() >= deadline) ::kill(process_, SIGKILL);
        std::this_thread::sleep_for(look_interval);
    }
    process_ = 0;
}

}  // namespace sallyport::gateway
