#include "gateway/host/log_sink.h"

#include <string>

namespace sallyport::gateway {

bool LogSink::write(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    return output_.write({line.data(), line.size()});
}

void LogSink::report_dropped(spdlog::string_view_t logger) {
    if (dropped_ == 0) return;
    const std::string text = "dropped " + std::to_string(dropped_) +
                             (dropped_ == 1 ? " message" : " messages") +
                             " that the reader of this log did not take in time";
    if (write({spdlog::log_clock::now(), {}, logger, spdlog::level::warn, text})) dropped_ = 0;
}

void LogSink::sink_it_(const spdlog::details::log_msg& message) {
    report_dropped(message.logger_name);
    if (!write(message)) ++dropped_;
}

}  // namespace sallyport::gateway
