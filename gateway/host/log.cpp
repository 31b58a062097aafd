#include "gateway/host/log.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "gateway/host/log_format.h"
#include "gateway/host/log_output.h"
#include "gateway/host/log_sink.h"
#include "gateway/host/rate_limit_sink.h"

namespace sallyport::gateway {

namespace {

LogOptions& options_in_effect() {
    static LogOptions options;
    return options;
}

/// Null before open_log().
std::shared_ptr<LogSink>& sink_in_use() {
    static std::shared_ptr<LogSink> sink;
    return sink;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::unique_ptr<spdlog::formatter> make_formatter(LogFormat format) {
    if (format == LogFormat::json) return make_json_formatter();
    const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
    return journal ? make_journal_formatter() : make_text_formatter();
}

/// Cut at a character.
std::string_view bounded(std::string_view message) {
    if (message.size() <= log_message_bytes_max) return message;
    std::size_t bytes = log_message_bytes_max;
    while (bytes > 0 && (static_cast<unsigned char>(message[bytes]) & 0xC0U) == 0x80U) --bytes;
    return message.substr(0, bytes);
}

}  // namespace

void open_log(const std::string& program, const LogOptions& options) {
    options_in_effect() = options;
    sink_in_use() = std::make_shared<LogSink>(STDERR_FILENO);
    auto limited = std::make_shared<RateLimitSink>(sink_in_use(), log_messages_per_second_max);
    auto logger = std::make_shared<spdlog::logger>(program, std::move(limited));
    logger->set_formatter(make_formatter(options.format));
    logger->set_level(to_spdlog(options.level));
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
}

void log(LogLevel level, std::string_view message) {
    const std::string_view shown = bounded(message);
    std::string cut;
    if (shown.size() < message.size()) cut = std::string(shown) + "…";
    const std::string_view text = cut.empty() ? shown : cut;
    spdlog::default_logger_raw()->log(to_spdlog(level),
                                      spdlog::string_view_t(text.data(), text.size()));
}

void report_dropped_messages() {
    if (sink_in_use()) sink_in_use()->report_dropped(spdlog::default_logger_raw()->name());
}

void log_start_failure(std::string_view text) {
    constexpr std::chrono::milliseconds limit{1000};
    if (options_in_effect().format == LogFormat::text) {
        LogOutput(STDERR_FILENO).write_patiently(std::string(text) + "\n", limit);
        return;
    }
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (!line.empty()) log(LogLevel::error, line);
    }
}

std::vector<std::string> log_arguments() {
    const auto level = spdlog::level::to_string_view(to_spdlog(options_in_effect().level));
    const bool json = options_in_effect().format == LogFormat::json;
    return {"--log-level", std::string(level.data(), level.size()), "--log-format",
            json ? "json" : "text"};
}

}  // namespace sallyport::gateway
