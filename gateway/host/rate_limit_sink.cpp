#include "gateway/host/rate_limit_sink.h"

#include <chrono>
#include <string>
#include <utility>

namespace sallyport::gateway {

RateLimitSink::RateLimitSink(std::shared_ptr<spdlog::sinks::sink> next, unsigned per_second_max)
    : next_(std::move(next)), per_second_max_(per_second_max) {}

void RateLimitSink::sink_it_(const spdlog::details::log_msg& message) {
    // The clock may be set back.
    if (message.time < second_ || message.time - second_ >= std::chrono::seconds(1)) {
        if (suppressed_ > 0) {
            const std::string text = "suppressed " + std::to_string(suppressed_) +
                                     (suppressed_ == 1 ? " message" : " messages");
            next_->log({message.time, {}, message.logger_name, spdlog::level::warn, text});
        }
        second_ = message.time;
        passed_ = 0;
        suppressed_ = 0;
    }
    if (message.level < spdlog::level::err && passed_ >= per_second_max_) {
        ++suppressed_;
        return;
    }
    ++passed_;
    next_->log(message);
}

void RateLimitSink::flush_() {
    next_->flush();
}

void RateLimitSink::set_pattern_(const std::string& pattern) {
    next_->set_pattern(pattern);
}

void RateLimitSink::set_formatter_(std::unique_ptr<spdlog::formatter> formatter) {
    next_->set_formatter(std::move(formatter));
}

}  // namespace sallyport::gateway
