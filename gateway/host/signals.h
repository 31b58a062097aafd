#pragma once

#include <cstdint>

namespace sallyport::gateway {

/// Who stops this process.
enum class StoppedBy : std::uint8_t {
    signal,      ///< SIGTERM and SIGINT, until a handler is installed
    supervisor,  ///< by a packet: these two do nothing either
};

/// From now on, signals that would end or halt this process do nothing: SIGHUP, SIGUSR1, SIGUSR2,
/// SIGALRM, SIGPIPE, SIGQUIT, SIGTSTP, the real-time signals and so on. Handlers that are installed
/// later replace this. Async-signal-safe. Signals that report an error of the program itself
/// (SIGSEGV, SIGABRT, SIGSYS …) and those that cannot be handled (SIGKILL, SIGSTOP) keep their
/// effect.
void ignore_signals(StoppedBy stopped_by);

/// Undoes it for a program that is going to be executed. Async-signal-safe.
void restore_signals() noexcept;

}  // namespace sallyport::gateway
