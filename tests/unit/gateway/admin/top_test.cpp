#include "gateway/admin/top.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::gateway {
namespace {

std::string status(unsigned allowed, bool up = true) {
    return R"({"program":"gateway","limits":{"sessions":100,"memory":2097152},"front":{"connections":3,)"
           R"("sessions":2,"memory":{"used":1048576},"decisions":{"allowed":)" +
           std::to_string(allowed) +
           R"(,"denied":1,"limited":0,"joined":4,"join_refused":0},"links":[{"name":"lab","up":)" +
           (up ? "true" : "false") + R"(,"since":"2026-12-01T09:30:00Z","calls":1}]}})";
}

const std::string sessions =
    R"({"sessions":[{"realm":"r","authid":"bob","role":"guest"},{"realm":"r","authid":"al\u001b[2Jice",)"
    R"("role":"operator"},{"realm":"r","authid":"bob","role":"guest"}],"more":7})";

TopSample sample(const std::string& line, double at_s) {
    return top_sample(line, sessions, at_s).value();
}

TEST(Top, ShowsPlainRowsWithRatesSinceTheSampleBefore) {
    const TopSample before = sample(status(10), 5);
    const TopSample now = sample(status(30), 7);
    const std::string text = top_text(now, &before, false);
    EXPECT_TRUE(
        text.starts_with("all is well\n\n"
                         "                 NOW       RATE\n"
                         "connections      3 of 100\n"
                         "sessions         2\n"
                         "memory, MiB      1 of 2\n"
                         "allowed          30        10.0/s\n"
                         "denied           1         0.0/s\n"))
        << text;
    EXPECT_NE(text.find("\nLINK  STATE  CALLS  SUBSCRIPTIONS  REGISTRATIONS  HELD\n"
                        "lab   up     1      0              0              0\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("\nSESSIONS  REALM  AUTHID"), std::string::npos) << text;
    EXPECT_NE(text.find("\n2         r      bob"), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("7 sessions are not counted here\n")) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << "no colour, and nothing of a client's";
}

TEST(Top, HasNoRatesForTheFirstSampleNorAfterARestart) {
    const TopSample before = sample(status(30), 5);
    const TopSample now = sample(status(10), 7);
    EXPECT_NE(top_text(now, nullptr, false).find("allowed          10        -\n"),
              std::string::npos);
    EXPECT_NE(top_text(now, &before, false).find("allowed          10        -\n"),
              std::string::npos);
    EXPECT_EQ(top_line(now, nullptr).find("_per_s"), std::string::npos);
}

TEST(Top, SaysWhatIsWrongFirstAndInRedOnATerminal) {
    const TopSample now = sample(status(1, false), 1);
    EXPECT_EQ(top_text(now, nullptr, false).find("all is well"), std::string::npos);
    const std::string coloured = top_text(now, nullptr, true);
    EXPECT_TRUE(coloured.starts_with("\x1b[31m")) << coloured;
    EXPECT_NE(coloured.find("\x1b[1mLINK "), std::string::npos);
}

TEST(Top, HasTheSameAsJson) {
    const TopSample before = sample(status(10), 5);
    const std::string line = top_line(sample(status(30), 7), &before);
    EXPECT_TRUE(line.starts_with(
        R"({"well":true,"faults":[],"connections":3,"sessions":2,"memory_bytes":1048576,)"
        R"("allowed":30,"allowed_per_s":10.0,)"))
        << line;
    EXPECT_NE(line.find(R"("people":[{"realm":"r","authid":"bob","role":"guest","sessions":2},)"),
              std::string::npos)
        << line;
    EXPECT_FALSE(top_sample("", sessions, 0));
    EXPECT_FALSE(top_sample(status(1), "unknown command\n", 0));
}

TEST(Top, ListsSoManyPeopleAndCountsTheOthers) {
    std::string many = R"({"sessions":[)";
    for (int i = 0; i < 23; ++i)
        many += (i == 0 ? "" : ",") + (R"({"authid":"p)" + std::to_string(i) + "\"}");
    many += R"(],"more":0})";
    const auto now = top_sample(status(1), many, 0);
    ASSERT_TRUE(now);
    EXPECT_TRUE(top_text(*now, nullptr, false).ends_with("\nand 3 more\n"));
}

}  // namespace
}  // namespace sallyport::gateway
