#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::gateway {

/// One reply or event of tor's control port (control-spec §2.3): its code and its lines without
/// codes and line ends. The data of a "250+" block follow their line, joined by '\n'.
struct ControlReply {
    int code = 0;
    std::vector<std::string> lines;

    bool ok() const noexcept { return code == 250; }
    bool event() const noexcept { return code == 650; }
};

/// Splits the output of tor's control port into replies. Tor is trusted, but all sizes are still
/// bounded, and invalid input is an error after which the connection is unusable.
class ControlReplies {
public:
    static constexpr std::size_t line_bytes_max = 64u << 10;
    static constexpr std::size_t reply_lines_max = 4096;

    void append(std::string_view bytes);
    /// The next complete reply; nothing if there is none yet.
    std::optional<ControlReply> next();
    bool broken() const noexcept { return broken_; }

private:
    std::optional<std::string_view> take_line();
    void begin_or_extend(std::string_view line);

    std::string buffer_;
    std::size_t read_ = 0;
    ControlReply reply_;
    std::size_t lines_ = 0;
    bool in_data_ = false;
    bool whole_ = false;
    bool broken_ = false;
};

/// The value of NAME=value or NAME="quoted value" in the line of an event; nothing if it is
/// missing.
std::optional<std::string> control_keyword(std::string_view line, std::string_view name);

}  // namespace sallyport::gateway
