#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::gateway {

enum class LogLevel : std::uint8_t { info, warning, error };

/// Lines go to stderr: "<6>program: text" under systemd's journal, which knows the time itself,
/// otherwise "2026-01-31T12:00:00.000Z info program: text". `program` is a literal.
void open_log(std::string_view program);

/// One line. Control characters are made visible and a line is bounded, as parts of it may come
/// from strangers; beyond log_lines_per_second_max, lines below `error` are counted and left out.
void log(LogLevel level, std::string_view text);

inline constexpr std::size_t log_line_bytes_max = 1000;
inline constexpr unsigned log_lines_per_second_max = 500;

}  // namespace sallyport::gateway
