#include "backend-link/link/failure_notes.h"

#include <gtest/gtest.h>

#include <chrono>

namespace sallyport::backend_link {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

TEST(FailureNotes, LogsANewReasonAtOnce) {
    FailureNotes notes;
    const wamp::Instant start{100s};
    EXPECT_EQ(notes.note("refused", start), "");
    EXPECT_EQ(notes.note("refused", start + 59s), std::nullopt);
    EXPECT_EQ(notes.note("unreachable", start + 59s), "");
    EXPECT_EQ(notes.note("refused", start + 59s), "");
    EXPECT_EQ(notes.note("refused", start + 1min), std::nullopt);
    EXPECT_EQ(notes.note("refused", start + 59s + 1min), " (1 more since the last such line)");
}

TEST(FailureNotes, LogsTheSameReasonMoreAndMoreSeldom) {
    FailureNotes notes;
    std::size_t lines = 0;
    std::string last;
    for (auto second = 0s; second < 24h; second += 2s) {
        if (const auto more = notes.note("refused", wamp::Instant{100s} + second)) {
            ++lines;
            last = *more;
        }
    }
    EXPECT_EQ(lines, 27U);  // at once, after 1, 6 and 36 minutes, and 23 hours
    EXPECT_EQ(last, " (1799 more since the last such line)");
}

TEST(FailureNotes, LogsTheSameReasonAgainAfterTheLinkWasUp) {
    FailureNotes notes;
    EXPECT_EQ(notes.note("refused", wamp::Instant{100s}), "");
    notes.forget();
    EXPECT_EQ(notes.note("refused", wamp::Instant{101s}), "");
}

}  // namespace
}  // namespace sallyport::backend_link
