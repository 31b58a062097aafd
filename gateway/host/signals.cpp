#include "gateway/host/signals.h"

#include <signal.h>

#include <algorithm>
#include <array>

namespace sallyport::gateway {

namespace {

/// SIGKILL and SIGSTOP cannot be handled, SIGCHLD and SIGCONT end nothing, the rest are errors.
constexpr std::array<int, 11> kept{SIGKILL, SIGSTOP, SIGCHLD, SIGCONT, SIGSEGV, SIGBUS,
                                   SIGFPE,  SIGILL,  SIGTRAP, SIGABRT, SIGSYS};

/// Some of the real-time signals belong to the C library, which refuses to change them.
void set(int number, void (*handler)(int)) noexcept {
    struct sigaction action{};
    action.sa_handler = handler;
    ::sigaction(number, &action, nullptr);
}

}  // namespace

void ignore_signals(StoppedBy stopped_by) {
    for (int number = 1; number <= SIGRTMAX; ++number) {
        const bool stops = number == SIGTERM || number == SIGINT;
        if (std::find(kept.begin(), kept.end(), number) != kept.end() ||
            (stops && stopped_by == StoppedBy::signal))
            continue;
        set(number, SIG_IGN);
    }
}

void restore_signals() noexcept {
    for (int number = 1; number < _NSIG; ++number) set(number, SIG_DFL);
}

}  // namespace sallyport::gateway
