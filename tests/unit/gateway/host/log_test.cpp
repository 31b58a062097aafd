#include "gateway/host/log.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace sallyport::gateway {
namespace {

/// What `work` writes to stderr.
template <class Work>
std::string stderr_of(const Work& work) {
    testing::internal::CaptureStderr();
    work();
    return testing::internal::GetCapturedStderr();
}

TEST(Log, LeavesOutWhatIsBelowTheLevel) {
    ::unsetenv("JOURNAL_STREAM");
    const std::string text = stderr_of([] {
        open_log("gateway", {LogLevel::warning, LogFormat::text});
        log(LogLevel::info, "one");
        log(LogLevel::warning, "two");
        log(LogLevel::error, "three");
    });
    EXPECT_EQ(text.find("one"), std::string::npos) << text;
    EXPECT_NE(text.find("Z warning gateway: two\n"), std::string::npos) << text;
    EXPECT_NE(text.find("Z error gateway: three\n"), std::string::npos) << text;
}

TEST(Log, HasTheJournalsFormUnderItUnlessJsonIsAskedFor) {
    ::setenv("JOURNAL_STREAM", "8:1", 1);
    EXPECT_EQ(stderr_of([] {
                  open_log("inside", {});
                  log(LogLevel::info, "ready");
              }),
              "<6>inside: ready\n");
    const std::string line = stderr_of([] {
        open_log("inside", {LogLevel::info, LogFormat::json});
        log(LogLevel::info, "ready");
    });
    ::unsetenv("JOURNAL_STREAM");
    const auto json = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(json.is_object()) << line;
    EXPECT_EQ(json["program"], "inside");
    EXPECT_EQ(json["message"], "ready");
}

TEST(Log, CutsLongMessagesAtACharacter) {
    const std::string fits(log_message_bytes_max, 'x');
    const std::string too_long = std::string(log_message_bytes_max - 1, 'x') + "\xE2\x82\xAC tail";
    const std::string text = stderr_of([&] {
        open_log("gateway", {LogLevel::info, LogFormat::json});
        log(LogLevel::info, fits);
        log(LogLevel::info, too_long);
    });
    const auto end = text.find('\n');
    EXPECT_EQ(nlohmann::json::parse(text.substr(0, end))["message"], fits);
    EXPECT_EQ(nlohmann::json::parse(text.substr(end + 1))["message"],
              std::string(log_message_bytes_max - 1, 'x') + "\xE2\x80\xA6");
}

TEST(Log, ManyMessagesOfOneSecondAreSuppressedAndErrorsAreNot) {
    constexpr unsigned many = 100'000;
    const std::string text = stderr_of([] {
        open_log("gateway", {});
        for (unsigned i = 0; i < many; ++i) log(LogLevel::info, "many");
        log(LogLevel::error, "the last");
    });
    std::size_t lines = 0;
    for (const char c : text) lines += c == '\n' ? 1U : 0U;
    EXPECT_GE(lines, log_messages_per_second_max);
    EXPECT_LT(lines, many / 2);
    EXPECT_TRUE(text.ends_with("the last\n"));
}

TEST(Log, AFailedStartIsTextAsItIsOrJsonLineByLine) {
    const std::string failure = "a.toml:1:1: error: x\na.toml:2:1: error: \"y\"";
    EXPECT_EQ(stderr_of([&] {
                  open_log("sallyport", {});
                  log_start_failure(failure);
              }),
              failure + "\n");
    const std::string text = stderr_of([&] {
        open_log("sallyport", {LogLevel::error, LogFormat::json});
        log_start_failure(failure);
    });
    const auto end = text.find('\n');
    EXPECT_EQ(nlohmann::json::parse(text.substr(0, end))["message"], "a.toml:1:1: error: x");
    EXPECT_EQ(nlohmann::json::parse(text.substr(end + 1))["message"], "a.toml:2:1: error: \"y\"");
}

TEST(Log, ChildrenLogAsTheirParentDoes) {
    open_log("sallyport", {LogLevel::warning, LogFormat::json});
    EXPECT_EQ(log_arguments(),
              (std::vector<std::string>{"--log-level", "warning", "--log-format", "json"}));
    open_log("sallyport", {});
    EXPECT_EQ(log_arguments(),
              (std::vector<std::string>{"--log-level", "info", "--log-format", "text"}));
}

}  // namespace
}  // namespace sallyport::gateway
