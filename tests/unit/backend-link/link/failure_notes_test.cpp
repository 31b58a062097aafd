#include "backend-link/link/failure_notes.h"

#include <gtest/gtest.h>

#include <chrono>

namespace sallyport::backend_link {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

TEST(FailureNotes, LogsAReasonOnceAMinuteAndANewOneAtOnce) {
    FailureNotes notes;
    const wamp::Instant start{100s};
    EXPECT_TRUE(notes.is_news("refused", start));
    EXPECT_FALSE(notes.is_news("refused", start + 59s));
    EXPECT_TRUE(notes.is_news("unreachable", start + 59s));
    EXPECT_TRUE(notes.is_news("refused", start + 59s));
    EXPECT_FALSE(notes.is_news("refused", start + 1min));
    EXPECT_TRUE(notes.is_news("refused", start + 59s + 1min));
}

TEST(FailureNotes, LogsTheSameReasonAgainAfterTheLinkWasUp) {
    FailureNotes notes;
    EXPECT_TRUE(notes.is_news("refused", wamp::Instant{100s}));
    notes.forget();
    EXPECT_TRUE(notes.is_news("refused", wamp::Instant{101s}));
}

}  // namespace
}  // namespace sallyport::backend_link
