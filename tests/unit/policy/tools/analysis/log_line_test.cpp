#include "policy/tools/analysis/log_line.h"

#include <gtest/gtest.h>

#include "policy/audit/audit.h"

namespace sallyport::policy {
namespace {

TEST(LogLine, ReadsWhatTheAuditLogWrites) {
    AuditRecord record;
    record.outcome = Outcome::allow;
    record.action = Action::subscribe;
    record.match = wamp::MatchPolicy::wildcard;
    record.realm = "r";
    record.authid = "al \"x\" \xC3\xA9";
    record.role = "guest";
    record.uri = "lab..x";
    record.rule = "watch";
    record.policy = "abc";
    record.session = 12345;
    std::string text;
    append_json(text, record, "2026-01-01T00:00:00Z", "front");
    ASSERT_TRUE(text.ends_with("\n"));
    LogLine line;
    ASSERT_TRUE(read_log_line(std::string_view(text).substr(0, text.size() - 1), line)) << text;
    EXPECT_TRUE(line.decision);
    EXPECT_TRUE(line.allowed);
    EXPECT_EQ(line.action, Action::subscribe);
    EXPECT_EQ(line.match, wamp::MatchPolicy::wildcard);
    EXPECT_EQ(line.authid, "al \"x\" \xC3\xA9");
    EXPECT_EQ(line.uri, "lab..x");
    EXPECT_EQ(line.rule, "watch");
}

TEST(LogLine, KnowsWhatIsADecision) {
    const auto outcome = [](const char* name, const char* more) {
        LogLine line;
        EXPECT_TRUE(read_log_line(std::string("{\"outcome\":\"") + name + "\"" + more + "}", line));
        return std::pair(line.decision, line.allowed);
    };
    constexpr const char* call = R"(,"action":"call","uri":"a.b","payload_bytes":17)";
    EXPECT_EQ(outcome("deny", call), std::pair(true, false));
    EXPECT_EQ(outcome("over_rate", call), std::pair(true, true));
    EXPECT_EQ(outcome("invalid", call), std::pair(false, false));
    EXPECT_EQ(outcome("join", ""), std::pair(false, false));
    EXPECT_EQ(outcome("dropped", ",\"dropped\":12"), std::pair(false, false));
}

TEST(LogLine, KnowsHowManyDecisionsASumStandsFor) {
    LogLine line;
    const std::string call = R"({"outcome":"deny","action":"call","uri":"a.b")";
    ASSERT_TRUE(read_log_line(call + R"(,"repeated":37,"other_uri":"a.c"})", line));
    EXPECT_EQ(line.count, 37U);
    EXPECT_TRUE(line.several_uris);
    ASSERT_TRUE(read_log_line(call + "}", line));
    EXPECT_EQ(line.count, 1U);
    EXPECT_FALSE(line.several_uris);
    EXPECT_FALSE(read_log_line(call + R"(,"repeated":0})", line));
}

TEST(LogLine, KnowsAShadowsRecord) {
    LogLine line;
    ASSERT_TRUE(read_log_line(R"({"outcome":"shadow","action":"call","uri":"a.b"})", line));
    EXPECT_TRUE(line.shadow);
    EXPECT_FALSE(line.decision);
    ASSERT_TRUE(read_log_line(R"({"outcome":"deny","action":"call","uri":"a.b"})", line));
    EXPECT_FALSE(line.shadow);
}

TEST(LogTally, AFileWithoutOneRecordIsNoLog) {
    LogTally tally;
    EXPECT_FALSE(tally.fault("empty.log"));
    tally.add(false);
    tally.add(false);
    ASSERT_TRUE(tally.fault("a.log"));
    EXPECT_TRUE(to_string(*tally.fault("a.log")).starts_with("a.log:1:1: error: no line is"));
    tally.add(true);
    EXPECT_FALSE(tally.fault("a.log"));
    EXPECT_EQ(unreadable_lines(1, 4), "1 unreadable, at line 4");
    EXPECT_EQ(unreadable_lines(3, 7), "3 unreadable, the first at line 7");
}

TEST(LogLine, RefusesWhatIsNoneOfTheLogs) {
    LogLine line;
    for (const char* text :
         {"", "x", "{}", "[]", "{\"outcome\":\"deny\"", "{\"outcome\":\"deny\"} x",
          "{\"outcome\":\"deny\",\"action\":\"jump\"}", "{\"outcome\":\"deny\",}",
          "{\"outcome\":\"deny\",\"x\":{}}", "{\"outcome\" \"deny\"}", "{\"outcome\":\"de\\qny\"}"})
        EXPECT_FALSE(read_log_line(text, line)) << text;
}

}  // namespace
}  // namespace sallyport::policy
