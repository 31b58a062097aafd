#include "gateway/supervision/message.h"

#include <gtest/gtest.h>

namespace sallyport::gateway::supervision {
namespace {

TEST(Message, IsReadAsItIsWritten) {
    const Message all[] = {
        message::Ready{},
        message::Alive{},
        message::AuditLost{},
        message::DialRequest{0},
        message::DialRequest{4294967295u},
        message::Prepared{1, "2 sessions ended"},
        message::Refused{18446744073709551615u, "a\nb  c"},
        message::Committed{7, ""},
    };
    for (const Message& message : all) {
        const auto read = parse_message(to_text(message));
        ASSERT_TRUE(read) << to_text(message);
        EXPECT_EQ(*read, message) << to_text(message);
    }
}

TEST(Message, IsTheTextThatProcessesExchange) {
    EXPECT_EQ(to_text(message::Ready{}), "ready");
    EXPECT_EQ(to_text(message::Alive{}), "alive");
    EXPECT_EQ(to_text(message::AuditLost{}), "audit");
    EXPECT_EQ(to_text(message::DialRequest{3}), "dial 3");
    EXPECT_EQ(to_text(message::Prepared{3, "x y"}), "prepared 3 x y");
    EXPECT_EQ(to_text(message::Refused{3, "x y"}), "refused 3 x y");
    EXPECT_EQ(to_text(message::Committed{3, "x y"}), "committed 3 x y");
}

TEST(Message, IsNothingWhenTheTextIsAnotherOne) {
    for (const char* text : {"",
                             " ",
                             "ready ",
                             "ready 1",
                             "Ready",
                             "alive ",
                             "alive 1",
                             "audit 1",
                             "dial",
                             "dial ",
                             "dial x",
                             "dial 1x",
                             "dial -1",
                             "dial 1 ",
                             "dial 4294967296",
                             "prepared",
                             "prepared ",
                             "prepared x y",
                             "refused 1x y",
                             "committed -1 y",
                             "committed 18446744073709551616 y",
                             "commit 1",
                             "stop"}) {
        EXPECT_FALSE(parse_message(text)) << '"' << text << '"';
    }
}

TEST(Message, NeedsNoSummary) {
    EXPECT_EQ(parse_message("prepared 5"), Message(message::Prepared{5, ""}));
}

TEST(ReloadCommand, IsReadAsItIsWritten) {
    using Kind = ReloadCommand::Kind;
    for (const auto& [command, text] :
         {std::pair<ReloadCommand, const char*>{{Kind::prepare, 1}, "prepare 1"},
          {{Kind::commit, 22}, "commit 22"},
          {{Kind::abort, 18446744073709551615u}, "abort 18446744073709551615"}}) {
        EXPECT_EQ(to_text(command), text);
        EXPECT_EQ(parse_reload_command(text), command);
    }
}

TEST(ReloadCommand, IsNothingWhenTheTextIsAnotherOne) {
    for (const char* text : {"", "prepare", "prepare ", "prepare x", "prepare 1 2", "commit 1x",
                             "abort -1", "committed 1", "stop", "version"}) {
        EXPECT_FALSE(parse_reload_command(text)) << '"' << text << '"';
    }
}

}  // namespace
}  // namespace sallyport::gateway::supervision
