#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// The parameters of a child process.
struct ChildStart {
    std::string program;             ///< absolute path
    std::vector<std::string> words;  ///< its arguments, including argv[0]
    int channel = -1;                ///< becomes descriptor child_channel
    int output = -1;                 ///< becomes stdout; by default stdout is the same as stderr
    /// In a process id namespace of its own if the kernel permits it: it then sees and signals no
    /// other process, and has the id 1. As such it ignores signals that it does not handle, from
    /// this process all but SIGKILL and SIGSTOP.
    bool own_process_ids = false;
};
inline constexpr int child_channel = 3;

/// Starts a process that dies with this one (the kernel sends SIGKILL), in its own process group so
/// that Ctrl-C reaches only the supervisor, and without other inherited descriptors. Call it on the
/// main thread: the kernel binds the death signal to the thread that forked. Throws
/// StartFault if the process cannot be created; a child that cannot open /dev/null or
/// execute the program ends with code child_exec_failed.
pid_t start_child(const ChildStart& start);
inline constexpr int child_exec_failed = 127;

/// How a process ended, for the log: "ended with code 1", "was killed by signal 9 (Killed)".
std::string describe_exit(int status);

}  // namespace sallyport::gateway
