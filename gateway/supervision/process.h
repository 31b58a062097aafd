#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace sallyport::gateway::supervision {

enum class Role : std::uint8_t { worker, inside, tor, authenticator };

/// Identifies one of the processes that a supervisor keeps running, across restarts.
struct ProcessId {
    Role role = Role::worker;
    /// Of an embedded inside: the number of its backend. Of the authenticator of one: the same plus
    /// one; 0 is that of the worker.
    std::uint32_t backend = 0;

    auto operator<=>(const ProcessId&) const = default;
};

inline constexpr ProcessId worker_process{Role::worker, 0};
inline constexpr ProcessId tor_process{Role::tor, 0};
constexpr ProcessId inside_process(std::uint32_t backend) noexcept {
    return {Role::inside, backend};
}

/// The authenticator of the worker or of an inside.
constexpr ProcessId authenticator_of(ProcessId door) noexcept {
    return {Role::authenticator, door.role == Role::inside ? door.backend + 1 : 0};
}
/// Whose authenticator it is.
constexpr ProcessId door_of(ProcessId authenticator) noexcept {
    return authenticator.backend == 0 ? worker_process : inside_process(authenticator.backend - 1);
}

struct Process {
    ProcessId id;
    std::string name;  ///< for logs and answers: "worker", "inside NAME", "tor"
};

/// How a process ended.
struct Exit {
    int code = -1;            ///< -1 if it was killed by a signal
    std::string description;  ///< "ended with code 1", "was killed by signal 9 (Killed)"
};

/// The exit code of a process with an invalid configuration that has reported the error itself: a
/// restart alone does not help.
inline constexpr int exit_bad_configuration = 2;
/// The exit code after a fault that a restart may cure: no memory, a child that was killed.
inline constexpr int exit_fault = 1;

}  // namespace sallyport::gateway::supervision
