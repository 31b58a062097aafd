#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

namespace sallyport::gateway {

/// Passes at most a fixed number of messages below `error` per second to another sink. Further ones
/// are counted, and their number is logged before the first message of a later second. Errors
/// always pass. Time is that of the messages.
class RateLimitSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    RateLimitSink(std::shared_ptr<spdlog::sinks::sink> next, unsigned per_second_max);

protected:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override;
    void set_pattern_(const std::string& pattern) override;
    void set_formatter_(std::unique_ptr<spdlog::formatter> formatter) override;

private:
    std::shared_ptr<spdlog::sinks::sink> next_;
    unsigned per_second_max_;
    spdlog::log_clock::time_point second_{};
    unsigned passed_ = 0;
    std::uint64_t suppressed_ = 0;
};

}  // namespace sallyport::gateway
