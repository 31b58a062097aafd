#pragma once

#include <cerrno>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "policy/document/diagnostic.h"

namespace sallyport::gateway {

/// A failed start: one line for stderr (several for a file with several errors), and exit code 2.
class StartError : public std::runtime_error {
public:
    explicit StartError(const std::string& line) : std::runtime_error(line) {}
    StartError(const policy::Place& place, const std::string& text, const std::string& hint)
        : StartError(policy::Diagnostics{{place, text, hint}}) {}
    explicit StartError(policy::Diagnostics diagnostics)
        : std::runtime_error(lines_of(diagnostics)), diagnostics_(std::move(diagnostics)) {}

    /// Empty if there is only the line.
    const policy::Diagnostics& diagnostics() const noexcept { return diagnostics_; }

private:
    static std::string lines_of(const policy::Diagnostics& diagnostics) {
        std::string lines;
        for (const auto& diagnostic : diagnostics) {
            if (!lines.empty()) lines += '\n';
            lines += policy::to_string(diagnostic);
        }
        return lines;
    }

    policy::Diagnostics diagnostics_;
};

/// A start that failed for want of room, memory or descriptors, or because of a disk, and may
/// succeed later with the same configuration: exit code 1.
class StartFault : public StartError {
public:
    using StartError::StartError;
};

/// Whether the error number `number` says so.
inline bool may_pass(int number) noexcept {
    return number == ENOSPC || number == EDQUOT || number == EROFS || number == EIO ||
           number == ENOMEM || number == ENOBUFS || number == EMFILE || number == ENFILE;
}

/// Throws StartFault or StartError, as the error number `number` says.
[[noreturn]] inline void fail_start(const policy::Place& place, const std::string& text,
                                    const std::string& hint, int number) {
    if (may_pass(number)) throw StartFault(place, text, hint);
    throw StartError(place, text, hint);
}

inline constexpr int exit_bad_start = 2;
inline constexpr int exit_fault = 1;  ///< a restart may help

/// What an operator is told of any error.
inline const char* reason_of(const std::exception& error) noexcept {
    return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ? "out of memory" : error.what();
}

/// Of a program that this error has ended.
inline int exit_code_of(const std::exception& error) noexcept {
    const auto* const system = dynamic_cast<const std::system_error*>(&error);
    const bool fault = dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
                       dynamic_cast<const StartFault*>(&error) != nullptr ||
                       (system != nullptr && may_pass(system->code().value()));
    return fault ? exit_fault : exit_bad_start;
}

}  // namespace sallyport::gateway
