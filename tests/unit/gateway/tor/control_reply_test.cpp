#include "gateway/tor/control_reply.h"

#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

TEST(ControlReplies, ReadsOneLine) {
    ControlReplies replies;
    replies.append("250 OK\r\n");
    const auto reply = replies.next();
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->ok());
    EXPECT_EQ(reply->lines, std::vector<std::string>{"OK"});
    EXPECT_FALSE(replies.next());
}

TEST(ControlReplies, JoinsLinesAndDataBlocks) {
    ControlReplies replies;
    replies.append("250-a=1\r\n250+b=\r\none\r\n..two\r\n.\r\n250 OK\r\n650 HS_DESC X\r\n");
    const auto reply = replies.next();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->lines, (std::vector<std::string>{"a=1", "b=\none\n.two", "OK"}));
    const auto event = replies.next();
    ASSERT_TRUE(event);
    EXPECT_TRUE(event->event());
}

TEST(ControlReplies, ReadsByteByByte) {
    ControlReplies replies;
    const std::string text = "250-first\r\n250 last\r\n515 no\r\n";
    std::vector<int> codes;
    for (const char c : text) {
        replies.append(std::string_view(&c, 1));
        while (const auto reply = replies.next()) codes.push_back(reply->code);
    }
    EXPECT_EQ(codes, (std::vector<int>{250, 515}));
}

TEST(ControlReplies, IsBrokenByWhatIsNoReply) {
    for (const char* bad : {"hello\r\n", "25\r\n", "2x0 OK\r\n", "250*OK\r\n", "\r\n"}) {
        ControlReplies replies;
        replies.append(bad);
        EXPECT_FALSE(replies.next()) << bad;
        EXPECT_TRUE(replies.broken()) << bad;
    }
}

TEST(ControlReplies, BoundsALine) {
    ControlReplies replies;
    replies.append("250 " + std::string(ControlReplies::line_bytes_max - 4, 'x') + "\r\n");
    EXPECT_TRUE(replies.next());
    replies.append("250 " + std::string(ControlReplies::line_bytes_max - 3, 'x'));
    EXPECT_FALSE(replies.next());
    EXPECT_TRUE(replies.broken());
}

TEST(ControlReplies, BoundsTheLinesOfAReply) {
    const auto many = [](std::size_t count) {
        std::string text;
        for (std::size_t index = 1; index < count; ++index) text += "250-x\r\n";
        return text + "250 OK\r\n";
    };
    ControlReplies replies;
    replies.append(many(ControlReplies::reply_lines_max));
    EXPECT_TRUE(replies.next());
    replies.append(many(ControlReplies::reply_lines_max + 1));
    EXPECT_FALSE(replies.next());
    EXPECT_TRUE(replies.broken());
}

TEST(ControlKeyword, ReadsPlainAndQuotedValues) {
    constexpr std::string_view line =
        R"(BOOTSTRAP PROGRESS=75 SUMMARY="a \"b\" PROGRESS=1" TAG=done)";
    EXPECT_EQ(control_keyword(line, "PROGRESS"), "75");
    EXPECT_EQ(control_keyword(line, "SUMMARY"), "a \"b\" PROGRESS=1");
    EXPECT_EQ(control_keyword(line, "TAG"), "done");
    EXPECT_FALSE(control_keyword(line, "WARNING"));
    EXPECT_FALSE(control_keyword(line, "TA"));
}

}  // namespace
}  // namespace sallyport::gateway
