#pragma once

#include <cstddef>

namespace sallyport::gateway {

// GCC has macros for its sanitizers, Clang has features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__clang__)
inline constexpr bool sanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif

/// Lets the process make only the system calls that a reactor over descriptors needs: reading and
/// writing, accepting, polling, timers, memory that is not executable, threads. Everything else
/// fails with EPERM: nothing is opened, no socket is created, bound or connected, no byte goes to
/// an address, no process is started or signalled. It applies to all threads and cannot be undone.
/// In a build with sanitizers their reports remain possible. Returns the number of system calls
/// that are left. Throws std::system_error if the kernel refuses.
std::size_t load_syscall_filter();

}  // namespace sallyport::gateway
