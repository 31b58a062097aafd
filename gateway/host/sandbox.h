#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::gateway {

/// What to do on a kernel that lacks a part of the sandbox. Namespaces never count: many systems
/// forbid them.
enum class SandboxMode : std::uint8_t {
    required,   ///< do not start without the filter and, from Linux 5.13, Landlock
    preferred,  ///< start with what there is
};

/// What holds after entering.
struct Sandbox {
    std::size_t syscalls = 0;  ///< that the filter allows; 0 without one
    int landlock = 0;          ///< its version; 0 without it
    std::vector<std::string> namespaces;

    /// All that SandboxMode::required asks for.
    bool complete = false;
};

/// "53 system calls, Landlock 7, namespaces user mount ipc net uts pid".
std::string to_text(const Sandbox& sandbox);

/// Logs it; as a warning if it is not complete.
void log_sandbox(const Sandbox& sandbox);

/// Shuts the process in before it reads the first untrusted byte: it can use the descriptors that
/// it has or is sent, memory (at most `data_bytes_max` of it) and threads, and nothing else; nobody
/// with its user id can trace it. This cannot be undone. The process must have one thread. Throws
/// StartError, which names the configuration file, if `mode` asks for what the kernel does not
/// have.
Sandbox enter_sandbox(SandboxMode mode, std::size_t data_bytes_max, const std::string& config_file);

/// Keeps other processes of the same user from reading and changing this one (ptrace,
/// /proc/PID/mem), and from dumping its memory. For processes that hold secrets, and for those that
/// can do more than a sandboxed one.
void forbid_tracing();

/// No new privileges by set-user-ID programs.
void drop_privilege_gains();

}  // namespace sallyport::gateway
