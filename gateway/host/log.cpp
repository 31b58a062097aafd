#include "gateway/host/log.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace sallyport::gateway {

namespace {

std::string program_name = "sallyport";  // NOLINT: set once, before the first line
bool journal = false;

struct Budget {
    std::chrono::steady_clock::time_point second{};
    unsigned lines = 0;
    std::uint64_t left_out = 0;
};

Budget& budget() {
    static Budget value;
    return value;
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

std::string_view priority(LogLevel level) {
    switch (level) {
        case LogLevel::info:
            return "<6>";
        case LogLevel::warning:
            return "<4>";
        case LogLevel::error:
            return "<3>";
    }
    return "<3>";
}

void write(LogLevel level, std::string_view text) {
    std::string line;
    if (journal) line.append(priority(level));
    line.append(program_name).append(": ").append(text);
    spdlog::default_logger_raw()->log(to_spdlog(level),
                                      spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void open_log(std::string_view program) {
    program_name = program;
    journal = std::getenv("JOURNAL_STREAM") != nullptr;
    auto logger =
        std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_st>());
    logger->set_pattern(journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                        spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
}

void log(LogLevel level, std::string_view text) {
    Budget& left = budget();
    const auto now = std::chrono::steady_clock::now();
    if (now - left.second >= std::chrono::seconds(1)) {
        if (left.left_out > 0)
            write(LogLevel::warning,
                  "left out " + std::to_string(left.left_out) + " log lines of the last second");
        left = {now, 0, 0};
    }
    if (level != LogLevel::error && left.lines >= log_lines_per_second_max) {
        ++left.left_out;
        return;
    }
    ++left.lines;
    std::string line;
    for (const char c : text.substr(0, log_line_bytes_max)) {
        line.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c);
    }
    if (text.size() > log_line_bytes_max) line += "…";
    write(level, line);
}

}  // namespace sallyport::gateway
