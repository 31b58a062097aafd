#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace sallyport::gateway::supervision {

enum class Role : std::uint8_t { worker, inside, tor };

/// Identifies one of the processes that a supervisor keeps running, across restarts.
struct ProcessId {
    Role role = Role::worker;
    std::uint32_t backend = 0;  ///< of an embedded inside: the number of its backend

    auto operator<=>(const ProcessId&) const = default;
};

inline constexpr ProcessId worker_process{Role::worker, 0};
inline constexpr ProcessId tor_process{Role::tor, 0};
constexpr ProcessId inside_process(std::uint32_t backend) noexcept {
    return {Role::inside, backend};
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
