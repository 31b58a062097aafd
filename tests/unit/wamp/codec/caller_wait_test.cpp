#include "wamp/codec/caller_wait.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace sallyport::wamp {
namespace {

using namespace std::string_view_literals;

TEST(CallerWait, ComesAsItWasSent) {
    for (const SessionId session : {SessionId{1}, SessionId{200}, SessionId{1} << 53}) {
        for (const bool waits : {true, false}) {
            const Frame frame = encode_caller_wait({session, waits});
            const auto read = read_caller_wait(frame.message());
            ASSERT_TRUE(read.has_value());
            ASSERT_TRUE(read->has_value());
            EXPECT_EQ((*read)->session, session);
            EXPECT_EQ((*read)->waits, waits);
        }
    }
}

TEST(CallerWait, IsNoOtherMessage) {
    for (const std::string_view other : {""sv, "\x93\xCD\x01\x00\x01\xC4\x00"sv, "\x91\x01"sv}) {
        const auto read = read_caller_wait(other);
        ASSERT_TRUE(read.has_value());
        EXPECT_FALSE(read->has_value());
    }
}

TEST(CallerWait, IsRefusedIfItIsMalformed) {
    const std::string head = "\x93\xCD\x01\x01";
    for (const std::string_view rest :
         {""sv, "\x07"sv, "\x00\xC3"sv, "\xA1x\xC3"sv, "\x07\x01"sv, "\x07\xC0"sv, "\x07\xC3\x01"sv,
          "\xCF\x00\x20\x00\x00\x00\x00\x00\x01\xC3"sv}) {
        EXPECT_TRUE(read_caller_wait(head + std::string(rest)).has_error());
    }
}

}  // namespace
}  // namespace sallyport::wamp
