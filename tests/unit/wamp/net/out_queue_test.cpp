#include "wamp/net/out_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sallyport::wamp {
namespace {

std::string gathered(const OutQueue& queue, std::size_t pieces_max = 64) {
    std::array<iovec, 64> pieces;
    const std::size_t count = queue.gather(std::span(pieces).first(pieces_max));
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
        all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    }
    return all;
}

TEST(OutQueue, GathersFramesAndOctetsInOrder) {
    OutQueue queue;
    queue.append("ab");
    queue.append_rawsocket(Frame::copy_of("[1]"));
    queue.append_message(Frame::copy_of("[2]"));
    EXPECT_EQ(gathered(queue), std::string("ab\0\0\0\x03[1][2]", 12));
    EXPECT_EQ(queue.bytes(), 12u);
    EXPECT_EQ(gathered(queue, 1), "ab");
}

TEST(OutQueue, GoesOnWhereAWriteEndedHoweverShortItWas) {
    for (std::size_t step = 1; step <= 13; ++step) {
        OutQueue queue;
        std::string expected;
        for (int i = 0; i < 40; ++i) {
            const std::string text = "message " + std::to_string(i);
            queue.append_message(Frame::copy_of(text));
            expected += text;
        }
        std::string written;
        while (!queue.empty()) {
            const std::string next = gathered(queue, 3).substr(0, step);
            written += next;
            queue.consume(next.size());
            EXPECT_EQ(queue.bytes(), expected.size() - written.size());
        }
        EXPECT_EQ(written, expected) << step;
    }
}

TEST(OutQueue, KeepsNothingOfEmptyPieces) {
    OutQueue queue;
    queue.append("");
    queue.append_message(Frame::copy_of(""));
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(gathered(queue), "");
}

TEST(OutQueue, MayBeFilledAgainAfterClear) {
    OutQueue queue;
    for (int i = 0; i < 100; ++i) queue.append("x");
    queue.consume(30);
    queue.clear();
    EXPECT_TRUE(queue.empty());
    queue.append("y");
    EXPECT_EQ(gathered(queue), "y");
}

TEST(OutQueueDeathTest, CannotHaveWrittenMoreThanItHolds) {
    OutQueue queue;
    queue.append("x");
    EXPECT_DEATH(queue.consume(2), "bytes <= bytes_");
}

}  // namespace
}  // namespace sallyport::wamp
