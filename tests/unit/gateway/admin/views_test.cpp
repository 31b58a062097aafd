#include "gateway/admin/views.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

TEST(Views, ListSessionsByRealmAndName) {
    const std::string line = sessions_line(
        {{7, "lab", "bob", "guest", "anonymous", 0}, {5, "lab", "alice", "operator", "ticket", 12}},
        3);
    EXPECT_EQ(line, R"({"sessions":[{"session":5,"realm":"lab","authid":"alice","role":"operator",)"
                    R"("method":"ticket","circuit":12},{"session":7,"realm":"lab","authid":"bob",)"
                    R"("role":"guest","method":"anonymous","circuit":0}],"more":3})"
                    "\n");
    EXPECT_EQ(sessions_text(line),
              "SESSION  REALM  AUTHID  ROLE      METHOD     CIRCUIT\n"
              "5        lab    alice   operator  ticket     12\n"
              "7        lab    bob     guest     anonymous  -\n"
              "and 3 more\n");
    EXPECT_EQ(sessions_text(sessions_line({}, 0)), "nobody is here\n");
}

TEST(Views, ShowNothingOfAClientAsItIs) {
    const auto text = sessions_text(sessions_line({{1, "lab", "a\x1b[2J\nb", "r", "m", 0}}, 0));
    ASSERT_TRUE(text);
    EXPECT_EQ(text->find('\x1b'), std::string::npos);
    EXPECT_EQ(std::count(text->begin(), text->end(), '\n'), 2);
}

TEST(Views, ListLinksWithTheReasonOfThoseThatAreDown) {
    const std::string status =
        R"({"front":{"links":[{"name":"lab","up":true,"since":"2026-12-01T09:30:00.1Z","reason":"",)"
        R"("drained":true,"calls":1,"subscriptions":2,"registrations":3,"held":4},)"
        R"({"name":"b","up":false,"since":"2026-12-01T09:31:00.1Z","reason":"no route"}]}})";
    EXPECT_EQ(
        links_text(status),
        "LINK  STATE        SINCE                 CALLS  SUBSCRIPTIONS  REGISTRATIONS  HELD  "
        "REASON\n"
        "lab   up, drained  2026-12-01T09:30:00Z  1      2              3              4\n"
        "b     down         2026-12-01T09:31:00Z  0      0              0              0     no "
        "route\n");
    EXPECT_TRUE(links_line(status)->starts_with(R"({"links":[{"name":"lab","up":true,)"));
    EXPECT_EQ(links_text(R"({"front":{}})"), "there is no link\n");
}

TEST(Views, RefuseWhatIsNoAnswer) {
    for (const std::string_view line : {"", "{", "[]", "unknown command\n"}) {
        EXPECT_FALSE(sessions_text(line)) << line;
        EXPECT_FALSE(links_text(line)) << line;
        EXPECT_FALSE(links_line(line)) << line;
    }
}

}  // namespace
}  // namespace sallyport::gateway
