#include "wamp/base/text.h"

#include <gtest/gtest.h>

namespace sallyport::wamp {
namespace {

TEST(Printable, MakesTextOfStrangersFitForALine) {
    EXPECT_EQ(printable(""), "");
    EXPECT_EQ(printable("alice"), "alice");
    EXPECT_EQ(printable("a\nb\r\x1b[31m"), R"(a\x0ab\x0d\x1b[31m)");
    EXPECT_EQ(printable("\x7f\xc3\xa9\\"), R"(\x7f\xc3\xa9\x5c)");
    EXPECT_EQ(printable(std::string_view("\0", 1)), R"(\x00)");
}

TEST(Printable, CutsTextOfStrangersAfter64Bytes) {
    EXPECT_EQ(printable(std::string(64, 'a')), std::string(64, 'a'));
    EXPECT_EQ(printable(std::string(65, 'a')), std::string(64, 'a') + "…");
}

TEST(LogText, NamesSessionsAndCircuitsThatThereAre) {
    EXPECT_EQ(of_session(0), "");
    EXPECT_EQ(of_session(7), ", session 7");
    EXPECT_EQ(on_circuit(0), "");
    EXPECT_EQ(on_circuit(9), ", circuit 9");
}

}  // namespace
}  // namespace sallyport::wamp
