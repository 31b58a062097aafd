#include "gateway/host/rate_limit_sink.h"

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>

#include <spdlog/sinks/ostream_sink.h>

namespace sallyport::gateway {
namespace {

using std::chrono::milliseconds;

class RateLimit : public testing::Test {
protected:
    RateLimit() { sink_.set_pattern("%l %n %v"); }

    void log(int ms, const std::string& text,
             spdlog::level::level_enum level = spdlog::level::info) {
        sink_.log({start_ + milliseconds(ms), {}, "program", level, text});
    }
    std::string written() const { return out_.str(); }

    std::ostringstream out_;
    RateLimitSink sink_{std::make_shared<spdlog::sinks::ostream_sink_st>(out_), 2};
    const spdlog::log_clock::time_point start_ = spdlog::log_clock::now();
};

TEST_F(RateLimit, PassesSoManyMessagesInASecondAndCountsTheOthers) {
    log(0, "a");
    log(400, "b");
    log(999, "c");
    log(999, "d");
    EXPECT_EQ(written(), "info program a\ninfo program b\n");
    log(1000, "e");
    EXPECT_EQ(written(),
              "info program a\ninfo program b\nwarning program suppressed 2 messages\n"
              "info program e\n");
}

TEST_F(RateLimit, SaysNothingWhereNothingWasSuppressed) {
    log(0, "a");
    log(1, "b");
    log(1000, "c");
    log(1001, "d");
    log(5000, "e");
    EXPECT_EQ(written().find("suppressed"), std::string::npos) << written();
    log(5001, "f");
    log(5002, "g");
    log(6002, "h");
    EXPECT_NE(written().find("warning program suppressed 1 message\ninfo program h\n"),
              std::string::npos)
        << written();
}

TEST_F(RateLimit, ErrorsAlwaysPass) {
    for (int i = 0; i < 5; ++i) log(i, "broken", spdlog::level::err);
    log(6, "suppressed", spdlog::level::warn);
    EXPECT_EQ(written(),
              "error program broken\nerror program broken\nerror program broken\n"
              "error program broken\nerror program broken\n");
}

TEST_F(RateLimit, AClockThatIsSetBackBeginsAnotherSecond) {
    log(100'000, "a");
    log(100'001, "b");
    log(0, "c");
    EXPECT_EQ(written(), "info program a\ninfo program b\ninfo program c\n");
}

}  // namespace
}  // namespace sallyport::gateway
