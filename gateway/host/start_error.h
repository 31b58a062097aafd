#pragma once

#include <stdexcept>
#include <string>
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

inline constexpr int exit_bad_start = 2;

}  // namespace sallyport::gateway
