#include "gateway/host/log_format.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include <spdlog/details/log_msg.h>
#include <nlohmann/json.hpp>

namespace sallyport::gateway {
namespace {

std::string line_of(const std::unique_ptr<spdlog::formatter>& formatter, const std::string& text,
                    spdlog::level::level_enum level = spdlog::level::info) {
    const spdlog::log_clock::time_point time(std::chrono::milliseconds(1769860800123));
    spdlog::memory_buf_t out;
    formatter->clone()->format({time, {}, "gateway", level, text}, out);
    return {out.data(), out.size()};
}

const std::string hostile = std::string("a\"b\\\n\x1b[2J\x7f\t\0z", 13);

TEST(LogFormat, TextHasTimeLevelAndProgram) {
    EXPECT_EQ(line_of(make_text_formatter(), "ready"),
              "2026-01-31T12:00:00.123Z info gateway: ready\n");
    EXPECT_EQ(line_of(make_text_formatter(), "x", spdlog::level::warn),
              "2026-01-31T12:00:00.123Z warning gateway: x\n");
    EXPECT_EQ(line_of(make_text_formatter(), hostile),
              "2026-01-31T12:00:00.123Z info gateway: a\"b\\??[2J???z\n");
}

TEST(LogFormat, TheJournalsHasItsPriorityAndNoTime) {
    EXPECT_EQ(line_of(make_journal_formatter(), "ready"), "<6>gateway: ready\n");
    EXPECT_EQ(line_of(make_journal_formatter(), "x", spdlog::level::warn), "<4>gateway: x\n");
    EXPECT_EQ(line_of(make_journal_formatter(), hostile, spdlog::level::err),
              "<3>gateway: a\"b\\??[2J???z\n");
}

TEST(LogFormat, JsonIsOneObjectOnOneLine) {
    EXPECT_EQ(line_of(make_json_formatter(), "ready", spdlog::level::err),
              R"({"time":"2026-01-31T12:00:00.123Z","level":"error","program":"gateway",)"
              R"("message":"ready"})"
              "\n");
    const std::string line = line_of(make_json_formatter(), hostile + "\xFF");
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(nlohmann::json::parse(line)["message"], hostile + "\xEF\xBF\xBD");
}

}  // namespace
}  // namespace sallyport::gateway
