#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

namespace sallyport::gateway {

/// Passes at most so many messages below `error` on to another sink in one second; the others it
/// counts, and says before the first message of a later second how many there were. Errors always
/// pass. The seconds are those of the messages' own time.
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
