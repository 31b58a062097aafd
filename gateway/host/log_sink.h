#pragma once

#include <cstdint>

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include "gateway/host/log_output.h"

namespace sallyport::gateway {

/// Formats messages and writes them to a LogOutput. A message that cannot be written at once is
/// dropped and counted; when lines can be written again, the first one says how many were dropped.
class LogSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    explicit LogSink(int descriptor) : output_(descriptor) {}

    /// Says it now if lines were dropped, and they can be written again.
    void report_dropped(spdlog::string_view_t logger);

protected:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override {}

private:
    bool write(const spdlog::details::log_msg& message);

    LogOutput output_;
    std::uint64_t dropped_ = 0;  ///< and not reported yet
};

}  // namespace sallyport::gateway
