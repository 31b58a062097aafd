#include "wamp/base/timestamp.h"

#include <gtest/gtest.h>

namespace sallyport::wamp {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::seconds;

TEST(Timestamp, IsWrittenInUtcWithMicroseconds) {
    EXPECT_EQ(to_rfc3339(Timestamp(0)), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(to_rfc3339(Timestamp(1'000'000'000'000'001)), "2001-09-09T01:46:40.000001Z");
    EXPECT_EQ(to_rfc3339(Timestamp(-1)), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_rfc3339(seconds(951'782'400)), "2000-02-29T00:00:00.000000Z");
}

TEST(Timestamp, IsReadAsItIsWritten) {
    for (const std::int64_t time : {0LL, 1LL, 999'999LL, 1'796'000'000'123'456LL, -1LL})
        EXPECT_EQ(parse_rfc3339(to_rfc3339(Timestamp(time))), Timestamp(time)) << time;
}

TEST(Timestamp, IsReadInAllFormsOfTheRfc) {
    const Timestamp noon = hours(12);
    for (const char* text :
         {"1970-01-01T12:00:00Z", "1970-01-01t12:00:00z", "1970-01-01 12:00:00Z",
          "1970-01-01T14:00:00+02:00", "1970-01-01T06:30:00-05:30", "1970-01-01T12:00:00.000Z",
          "1970-01-01T12:00:00.0000009Z", "1970-01-01T11:59:60Z"})
        EXPECT_EQ(parse_rfc3339(text), noon) << text;
    EXPECT_EQ(parse_rfc3339("1970-01-01T12:00:00.5Z"), noon + microseconds(500'000));
}

TEST(Timestamp, IsRefusedInAnyOtherForm) {
    for (const char* text : {"", "now", "1970-01-01", "1970-01-01T12:00:00", "1970-01-01T12:00Z",
                             "1970-01-01T12:00:00.Z", "1970-01-01T12:00:00+2",
                             "1970-01-01T12:00:00+0200", "1970-01-01T12:00:00+24:00",
                             "1970-13-01T12:00:00Z", "1970-02-29T12:00:00Z", "1970-00-10T12:00:00Z",
                             "1970-01-01T24:00:00Z", "1970-01-01T12:60:00Z", "1970-01-01T12:00:61Z",
                             "1970-01-01T12:00:00ZZ", "70-01-01T12:00:00Z", "-970-01-01T12:00:00Z"})
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(Timestamp, OfAnInstantFollowsTheClockThatTheShellTold) {
    const Instant start{hours(5)};
    const CivilTime civil(seconds(1000), start);
    EXPECT_EQ(civil.at(start), seconds(1000));
    EXPECT_EQ(civil.at(start + seconds(3)), seconds(1003));
    EXPECT_EQ(civil.at(start - seconds(3)), seconds(997));
}

}  // namespace
}  // namespace sallyport::wamp
