#include "gateway/host/log_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include <spdlog/pattern_formatter.h>

namespace sallyport::gateway {
namespace {

struct Log {
    Log() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        reader = Descriptor(ends[0]);
        writer = Descriptor(ends[1]);
        ::fcntl(writer.get(), F_SETPIPE_SZ, 4096);
        sink = std::make_unique<LogSink>(writer.get());
        sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%l %v"));
    }
    void say(const std::string& text) const {
        sink->log({spdlog::log_clock::now(), {}, "p", spdlog::level::info, text});
    }
    /// Says lines of 40 bytes, more than the pipe takes; returns how many it took.
    int fill() const {
        constexpr int lines = 1000;
        for (int count = 0; count < lines; ++count) say(std::string(34, 'x'));
        const std::string read = take();
        return static_cast<int>(read.size() / 40);
    }
    std::string take() const {
        std::string all(1 << 20, '\0');
        const ssize_t count = ::read(reader.get(), all.data(), all.size());
        all.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return all;
    }

    Descriptor reader;
    Descriptor writer;
    std::unique_ptr<LogSink> sink;
};

TEST(LogSink, SaysWithItsNextLineHowManyWereDropped) {
    const Log log;
    const int taken = log.fill();
    EXPECT_LT(taken, 1000);
    log.say("again");
    const std::string text = log.take();
    EXPECT_NE(text.find("warning dropped " + std::to_string(1000 - taken) +
                        " messages that the reader of this log did not take in time\ninfo again\n"),
              std::string::npos)
        << text;
    log.say("more");
    EXPECT_EQ(log.take(), "info more\n");
}

TEST(LogSink, SaysItWithoutAnotherLineWhenItIsAsked) {
    const Log log;
    log.sink->report_dropped("p");
    EXPECT_EQ(log.take(), "");
    log.fill();
    log.sink->report_dropped("p");
    EXPECT_NE(log.take().find("warning dropped "), std::string::npos);
    log.sink->report_dropped("p");
    EXPECT_EQ(log.take(), "");
}

TEST(LogSink, KeepsTheCountWhileItCannotBeWritten) {
    const Log log;
    constexpr int lines = 2000;
    for (int count = 0; count < lines; ++count) {
        log.say(std::string(34, 'x'));
        log.sink->report_dropped("p");
    }
    const auto taken = static_cast<int>(log.take().size() / 40);
    log.sink->report_dropped("p");
    const std::string text = log.take();
    EXPECT_NE(text.find("warning dropped " + std::to_string(lines - taken) + " messages"),
              std::string::npos)
        << text;
}

}  // namespace
}  // namespace sallyport::gateway
