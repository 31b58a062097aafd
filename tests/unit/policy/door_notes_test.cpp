#include "policy/door_notes.h"

#include <gtest/gtest.h>

namespace sallyport::policy {
namespace {

TEST(Notes, MakeTextOfStrangersFitForALine) {
    EXPECT_EQ(printable(""), "");
    EXPECT_EQ(printable("alice"), "alice");
    EXPECT_EQ(printable("a\nb\r\x1b[31m"), R"(a\x0ab\x0d\x1b[31m)");
    EXPECT_EQ(printable("\x7f\xc3\xa9\\"), R"(\x7f\xc3\xa9\x5c)");
    EXPECT_EQ(printable(std::string_view("\0", 1)), R"(\x00)");
}

TEST(Notes, CutTextOfStrangersAfter64Bytes) {
    EXPECT_EQ(printable(std::string(64, 'a')), std::string(64, 'a'));
    EXPECT_EQ(printable(std::string(65, 'a')), std::string(64, 'a') + "…");
}

TEST(Notes, NameSessionsAndCircuitsThatThereAre) {
    EXPECT_EQ(of_session(0), "");
    EXPECT_EQ(of_session(7), ", session 7");
    EXPECT_EQ(on_circuit(0), "");
    EXPECT_EQ(on_circuit(9), ", circuit 9");
}

TEST(Notes, ArePutTogetherFromTextAndNumbers) {
    wamp::Outbox out;
    note(out, wamp::effect::Note::Level::warning, "refused ", std::size_t{12}, std::string(" of "),
         std::string_view("them"));
    ASSERT_EQ(out.size(), 1u);
    const auto& line = std::get<wamp::effect::Note>(out[0]);
    EXPECT_EQ(line.text, "refused 12 of them");
    EXPECT_EQ(line.level, wamp::effect::Note::Level::warning);
}

}  // namespace
}  // namespace sallyport::policy
