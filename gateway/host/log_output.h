#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// Writes lines to a descriptor, usually stderr, without waiting for whoever reads it. The
/// descriptor's own flags stay as they are, because other processes share them.
class LogOutput {
public:
    /// `descriptor` has to stay open.
    explicit LogOutput(int descriptor);

    /// False if the line was not written. Of a line that was written in part, the rest is written
    /// before the next one.
    bool write(std::string_view line);
    /// As write(), but waits up to `limit`: for the last words of a program.
    void write_patiently(std::string_view text, std::chrono::milliseconds limit);

private:
    enum class Kind : std::uint8_t {
        file,          ///< never waits for a reader
        non_blocking,  ///< opened again by us
        socket,
        shared,  ///< a pipe that may not be opened again
    };

    ssize_t attempt(std::string_view bytes) const noexcept;
    bool write_rest() noexcept;

    int descriptor_;
    Descriptor reopened_;
    Kind kind_ = Kind::file;
    std::string rest_;
};

}  // namespace sallyport::gateway
