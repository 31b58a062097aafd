#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// What a child process is started with.
struct ChildStart {
    std::string program;             ///< absolute path
    std::vector<std::string> words;  ///< its argument list, from argv[0]
    int channel = -1;                ///< becomes descriptor child_channel
    int output = -1;                 ///< becomes stdout; otherwise stdout is stderr's
};
inline constexpr int child_channel = 3;

/// Starts a process that dies with this one (SIGKILL by the kernel), in a process group of its own
/// so that Ctrl-C reaches the supervisor alone, and with no other descriptor of ours. Called on the
/// main thread: the kernel ties the death signal to the thread that forked. Throws
/// std::system_error when there is no process; a program that cannot be executed ends with code
/// child_exec_failed.
pid_t start_child(const ChildStart& start);
inline constexpr int child_exec_failed = 127;

/// How a process ended, for the log: "ended with code 1", "was killed by signal 9 (Killed)".
std::string describe_exit(int status);

}  // namespace sallyport::gateway
