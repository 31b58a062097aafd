#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::gateway {

enum class LogLevel : std::uint8_t { info, warning, error };
enum class LogFormat : std::uint8_t { text, json };

struct LogOptions {
    LogLevel level = LogLevel::info;  ///< messages below it are not logged
    LogFormat format = LogFormat::text;
};

/// Opens the log of this process on stderr, one line for each message:
/// - text: "2026-01-31T12:00:00.000Z info program: message", or "<6>program: message" under
///   systemd's journal, which knows the time itself;
/// - JSON: {"time":"2026-01-31T12:00:00.000Z","level":"info","program":"…","message":"…"}.
void open_log(const std::string& program, const LogOptions& options);

/// Logs one message, on the thread that opened the log. It is cut at log_message_bytes_max and its
/// control characters are replaced or escaped, as parts of it may come from strangers. Beyond
/// log_messages_per_second_max, messages below `error` are suppressed and counted. It never waits:
/// a message that stderr does not take at once is dropped and counted.
void log(LogLevel level, std::string_view message);

/// Reports messages that were dropped because nobody read them in time, if lines can be written
/// again. The next message does so too; this is for processes that may have nothing else to say.
void report_dropped_messages();

/// Writes why the program ends before it has started: in the format text as it is, in JSON one
/// object for each line of `text`.
void log_start_failure(std::string_view text);

/// The words of a command line that give a child process the options of this one.
std::vector<std::string> log_arguments();

inline constexpr std::size_t log_message_bytes_max = 1000;
inline constexpr unsigned log_messages_per_second_max = 500;

}  // namespace sallyport::gateway
