#include "wamp/base/frame.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace sallyport::wamp {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

TEST(Frame, IsEmptyWhenDefaultMade) {
    const Frame frame;
    EXPECT_FALSE(frame);
    EXPECT_EQ(frame.message(), "");
    EXPECT_EQ(frame.rawsocket(), "");
}

TEST(Frame, HoldsTheMessageWithTheRawSocketPrefixBefore) {  // W-RAW-05
    const Frame frame = Frame::copy_of("[1]");
    EXPECT_TRUE(frame);
    EXPECT_EQ(frame.message(), "[1]");
    EXPECT_EQ(frame.rawsocket(), std::string_view("\0\0\0\3[1]", 7));
}

TEST(Frame, JoinsPartsInOrderAndSkipsEmptyOnes) {
    EXPECT_EQ(Frame::join({"[1", "", ",2", "]"}).message(), "[1,2]");
}

TEST(Frame, WritesThreeOctetsOfLength) {
    const Frame frame = Frame::copy_of(std::string(0x012345, 'x'));
    EXPECT_EQ(frame.rawsocket().substr(0, 4), std::string_view("\x00\x01\x23\x45", 4));
}

TEST(Frame, EncodesExactly16MibWithTheXBit) {  // W-RAW-05
    const std::string most(16 * mib - 1, 'x');
    EXPECT_EQ(Frame::copy_of(most).rawsocket().substr(0, 4),
              std::string_view("\x00\xFF\xFF\xFF", 4));
    EXPECT_EQ(Frame::copy_of(most + 'x').rawsocket().substr(0, 4),
              std::string_view("\x08\0\0\0", 4));
}

TEST(FrameDeathTest, MoreThan16MibIsForWebSocketOnly) {
    const Frame frame = Frame::copy_of(std::string(16 * mib + 1, 'x'));
    EXPECT_EQ(frame.message().size(), 16 * mib + 1);
    EXPECT_DEATH(static_cast<void>(frame.rawsocket()), "check failed");
}

TEST(Frame, CopiesShareTheBytes) {
    Frame frame = Frame::copy_of("abc");
    const Frame copy = frame;
    EXPECT_EQ(copy.message().data(), frame.message().data());
    frame = Frame();
    EXPECT_EQ(copy.message(), "abc");
}

TEST(Frame, MovesAndAssignsWithoutLosingOrDoublingAReference) {
    Frame first = Frame::copy_of("abc");
    const char* const bytes = first.message().data();
    Frame second = std::move(first);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): moved from means empty
    Frame& alias = second;
    second = alias;
    EXPECT_EQ(second.message().data(), bytes);
    first = second;
    second = Frame::copy_of("other");
    EXPECT_EQ(first.message(), "abc");
}

}  // namespace
}  // namespace sallyport::wamp
