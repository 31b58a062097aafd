#include "gateway/host/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <system_error>

#include "gateway/host/signals.h"
#include "gateway/host/start_error.h"

namespace sallyport::gateway {

namespace {

constexpr unsigned long as_fork = SIGCHLD;

/// The text for uid_map: that one id, unchanged.
using IdMap = std::array<char, 64>;
IdMap map_of(unsigned id) {
    IdMap text{};
    std::snprintf(text.data(), text.size(), "%u %u 1", id, id);
    return text;
}

void write_text(const char* file, const char* text) {
    const int fd = ::open(file, O_WRONLY | O_CLOEXEC);
    [[maybe_unused]] const ssize_t count = ::write(fd, text, std::strlen(text));
    ::close(fd);
}

/// Ours, without what systemd tells this process alone: tor would report its own state, and systemd
/// would refuse that in the journal.
std::vector<char*> environment_of_child() {
    static constexpr std::array<std::string_view, 3> ours{
        "NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC="};
    std::vector<char*> lines;
    for (char** line = environ; *line != nullptr; ++line) {
        const std::string_view text = *line;
        if (std::none_of(ours.begin(), ours.end(),
                         [text](std::string_view name) { return text.starts_with(name); }))
            lines.push_back(*line);
    }
    lines.push_back(nullptr);
    return lines;
}

struct NewNamespaces {
    bool user = false;
    bool process_ids = false;
    IdMap uids = map_of(::geteuid());
    IdMap gids = map_of(::getegid());
};

/// As fork(); `made` says which namespaces the child has, in both processes.
pid_t fork_into(NewNamespaces& made) {
    made.process_ids = true;
    for (const bool user : {false, true}) {  // only root can do without a user namespace
        made.user = user;
        const unsigned long flags = as_fork | CLONE_NEWPID | (user ? CLONE_NEWUSER : 0UL);
        const long child = ::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr);
        if (child >= 0) return static_cast<pid_t>(child);
    }
    made.user = made.process_ids = false;
    return ::fork();
}

/// Runs in the child, between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(const ChildStart& start, char* const* words, char* const* environment,
                         pid_t parent, const NewNamespaces& made) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent died before the prctl. In a new namespace that shows only at the channel's end.
    if (!made.process_ids && ::getppid() != parent) ::_exit(0);
    if (made.user) {  // without this it would be nobody, and could not make further namespaces
        ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        write_text("/proc/self/setgroups", "deny");
        write_text("/proc/self/uid_map", made.uids.data());
        write_text("/proc/self/gid_map", made.gids.data());
    }
    ::setpgid(0, 0);
    restore_signals();
    // A program of ours, which has a channel, ignores signals from its beginning.
    if (start.channel >= 0) ignore_signals(StoppedBy::signal);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0) ::_exit(child_exec_failed);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(start.output >= 0 ? start.output : STDERR_FILENO, STDOUT_FILENO);
    if (start.channel == child_channel) {
        ::fcntl(child_channel, F_SETFD, 0);
    } else if (start.channel >= 0) {
        ::dup2(start.channel, child_channel);
    }
    // Closes inherited descriptors that are not close-on-exec.
    ::close_range(start.channel >= 0 ? child_channel + 1 : child_channel, ~0U, CLOSE_RANGE_CLOEXEC);
    ::execve(start.program.c_str(), words, environment);
    ::_exit(child_exec_failed);
}

}  // namespace

pid_t start_child(const ChildStart& start) {
    std::vector<char*> words;
    words.reserve(start.words.size() + 1);
    for (const std::string& word : start.words) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const std::vector<char*> environment = environment_of_child();
    const pid_t parent = ::getpid();
    NewNamespaces made;
    const pid_t child = start.own_process_ids ? fork_into(made) : ::fork();
    if (child < 0)
        throw StartFault("cannot start a process: " + std::generic_category().message(errno));
    if (child == 0) become(start, words.data(), environment.data(), parent, made);
    return child;
}

std::string describe_exit(int status) {
    if (WIFEXITED(status)) return "ended with code " + std::to_string(WEXITSTATUS(status));
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        return "was killed by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
    }
    return "ended";
}

}  // namespace sallyport::gateway
