#include "policy/tools/audit_view.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::policy {
namespace {

std::string denial(const std::string& uri, const std::string& more = "") {
    return R"({"time":"2026-12-01T10:00:00.000Z","door":"front","number":1,"outcome":"deny",)"
           R"("reason":"no rule allows it","realm":"lab","authid":"bob","role":"guest",)"
           R"("action":"call","uri":")" +
           uri + R"(","session":7,"circuit":9)" + more + "}";
}

TEST(AuditView, MakesALineOfARecord) {
    EXPECT_EQ(readable_record(denial("lab.slew")),
              "2026-12-01T10:00:00.000Z deny call lab.slew by bob (guest) in lab: no rule allows "
              "it, session 7, circuit 9");
    EXPECT_EQ(readable_record(denial("lab.slew", R"(,"repeated":12,"other_uri":"lab.park",)"
                                                 R"("rule":"no","file":"p.toml","line":3)")),
              "2026-12-01T10:00:00.000Z deny call lab.slew and others, 12 times, by bob (guest) in "
              "lab: no rule allows it, rule no (p.toml:3), session 7, circuit 9");
}

TEST(AuditView, ShowsNoControlCharacters) {
    const auto line = readable_record(denial(R"(lab.\u001b[31m)"));
    ASSERT_TRUE(line);
    EXPECT_EQ(line->find('\x1b'), std::string::npos) << *line;
}

TEST(AuditView, IsNothingOfAnotherText) {
    for (const char* const text :
         {"", "x", "{}", "[]", R"({"outcome":1})", "{\"outcome\":\"deny\""})
        EXPECT_EQ(readable_record(text), std::nullopt) << text;
}

TEST(DenialGroups, CountWhatIsAlikeAndHaveTheNewestFirst) {
    DenialGroups groups;
    groups.add(denial("lab.slew"));
    groups.add(denial("lab.park"));
    groups.add(denial("lab.slew", R"(,"repeated":4)"));
    groups.add(R"({"outcome":"allow","uri":"lab.echo"})");
    groups.add("no record");
    const auto latest = groups.latest(10);
    ASSERT_EQ(latest.size(), 2U);
    EXPECT_EQ(latest[0].uri, "lab.slew");
    EXPECT_EQ(latest[0].count, 5U);
    EXPECT_EQ(latest[0].question(), "--as bob:guest --call lab.slew");
    EXPECT_EQ(groups.latest(1).size(), 1U);
}

TEST(DenialGroups, TakeAllWhoHaveNotLoggedInTogether) {
    DenialGroups groups;
    for (const char* const authid : {"anonymous-1", "anonymous-2"})
        groups.add(std::string(
                       R"({"outcome":"deny","role":"guest","action":"call","uri":"a","authid":")") +
                   authid + "\"}");
    const auto latest = groups.latest(10);
    ASSERT_EQ(latest.size(), 1U);
    EXPECT_EQ(latest[0].question(), "--as :guest --call a");
}

TEST(DenialGroups, ForgetTheOldest) {
    DenialGroups groups;
    for (std::size_t i = 0; i < DenialGroups::groups_max + 5; ++i)
        groups.add(denial("lab.n" + std::to_string(i)));
    EXPECT_EQ(groups.latest(5000).size(), DenialGroups::groups_max);
    EXPECT_EQ(groups.latest(1)[0].uri, "lab.n" + std::to_string(DenialGroups::groups_max + 4));
}

TEST(DenialGroups, AskAboutPatternsAndOddNamesInAWayThatAShellTakes) {
    DenialGroups groups;
    groups.add(R"({"outcome":"deny","authid":"a b","role":"r","action":"subscribe","uri":"lab.",)"
               R"("match":"prefix"})");
    EXPECT_EQ(groups.latest(1)[0].question(), "--as 'a b:r' --subscribe lab. --match prefix");
}

TEST(DenialGroups, AskInWordsInWhichAShellRunsNothing) {
    const auto question = [](const std::string& authid, const std::string& uri) {
        DenialGroups groups;
        groups.add(R"({"outcome":"deny","role":"r","action":"call","authid":")" + authid +
                   R"(","uri":")" + uri + "\"}");
        return groups.latest(1).at(0).question();
    };
    EXPECT_EQ(question("$(reboot)", "a.`b`"), "--as '$(reboot):r' --call 'a.`b`'");
    EXPECT_EQ(question("a';b", "ü"), R"(--as $'a\x27;b:r' --call $'\xc3\xbc')");
    EXPECT_EQ(question(R"(\\\n)", ""), R"(--as $'\x5c\x0a:r' --call '')");
}

}  // namespace
}  // namespace sallyport::policy
