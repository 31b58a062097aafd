#include "policy/document/units.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsReadInEachUnitUpToItsLimit) {
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("10s"), 10s);
    EXPECT_EQ(parse_duration("2m"), 2min);
    EXPECT_EQ(parse_duration("1h"), 1h);
    EXPECT_EQ(parse_duration("720h"), 720h);
    EXPECT_EQ(parse_duration("721h"), std::nullopt);
    EXPECT_EQ(parse_duration("99999999999999999999s"), std::nullopt);
}

TEST(Duration, IsRefusedWithoutUnitWithSpacesSignsOrAsZero) {
    for (const char* text :
         {"", "10", "10 s", "-1s", "+1s", "1.5s", "s", "0s", "10S", "1s ", "1d"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
}

TEST(Bytes, AreReadInEachUnitUpToTheirLimit) {
    EXPECT_EQ(parse_bytes("512"), 512U);
    EXPECT_EQ(parse_bytes("512B"), 512U);
    EXPECT_EQ(parse_bytes("64KiB"), 65536U);
    EXPECT_EQ(parse_bytes("1MiB"), 1048576U);
    EXPECT_EQ(parse_bytes("1024GiB"), std::uint64_t{1} << 40U);
    EXPECT_EQ(parse_bytes("1025GiB"), std::nullopt);
    for (const char* text : {"", "0", "64kb", "64KB", "1 MiB", "-5", "1e3", "0x10"}) {
        EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
    }
}

TEST(Rate, IsReadPerSecondMinuteAndHour) {
    EXPECT_DOUBLE_EQ(parse_rate("20/s").value(), 20);
    EXPECT_DOUBLE_EQ(parse_rate("6/m").value(), 0.1);
    EXPECT_DOUBLE_EQ(parse_rate("36/h").value(), 0.01);
    EXPECT_DOUBLE_EQ(parse_rate("1000000/s").value(), 1e6);
    for (const char* text : {"", "20", "0/s", "20/d", "20 /s", "-1/s", "1000001/s", "1.5/s"}) {
        EXPECT_EQ(parse_rate(text), std::nullopt) << text;
    }
}

TEST(Units, AreWrittenAsTheyAreRead) {
    for (const char* text : {"250ms", "10s", "2m", "1h", "90s"}) {
        EXPECT_EQ(format_duration(*parse_duration(text)), text);
    }
    for (const char* text : {"1B", "64KiB", "1MiB", "3GiB", "1000B"}) {
        EXPECT_EQ(format_bytes(*parse_bytes(text)), text);
    }
    for (const char* text : {"20/s", "5/m", "7/h"}) EXPECT_EQ(format_rate(*parse_rate(text)), text);
    EXPECT_EQ(format_duration(*parse_duration("120s")), "2m");
    EXPECT_EQ(format_rate(*parse_rate("60/m")), "1/s");
}

}  // namespace
}  // namespace sallyport::policy
