#include "gateway/admin/table.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

TEST(Table, IsAsWideAsItsTextsAndHasNoBlanksAtTheEndOfALine) {
    EXPECT_EQ(table_of({{"A", "LONG", "C"}, {"long", "b", ""}}), "A     LONG  C\nlong  b\n");
}

TEST(Table, ShowsNothingThatATerminalWouldActOn) {
    const auto answer = parsed_answer("{\"a\":\"x\\u001b[2J\",\"b\":\"\",\"n\":7}");
    ASSERT_TRUE(answer);
    EXPECT_EQ(shown(*answer, "a").find('\x1b'), std::string::npos);
    EXPECT_EQ(shown(*answer, "b"), "-");
    EXPECT_EQ(shown(*answer, "none"), "-");
    EXPECT_EQ(count(*answer, "n"), "7");
}

TEST(Table, TimesEndWithTheSecond) {
    EXPECT_EQ(to_seconds("2026-12-01T09:30:00.123456Z"), "2026-12-01T09:30:00Z");
    EXPECT_EQ(to_seconds("2026-12-01T09:30:00Z"), "2026-12-01T09:30:00Z");
}

TEST(Table, NoAnswerIsAFault) {
    EXPECT_FALSE(parsed_answer("[]"));
    testing::internal::CaptureStderr();
    EXPECT_NE(print_answer("", std::nullopt, false), 0);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("did not answer"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
