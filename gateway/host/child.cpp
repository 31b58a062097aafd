#include "gateway/host/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "gateway/host/signals.h"

namespace sallyport::gateway {

namespace {

/// Runs in the child, between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(const ChildStart& start, char* const* words, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);  // the parent died before the prctl
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
    ::execv(start.program.c_str(), words);
    ::_exit(child_exec_failed);
}

}  // namespace

pid_t start_child(const ChildStart& start) {
    std::vector<char*> words;
    words.reserve(start.words.size() + 1);
    for (const std::string& word : start.words) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) become(start, words.data(), parent);
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
