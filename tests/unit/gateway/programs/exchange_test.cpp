#include "gateway/programs/exchange.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>

namespace sallyport::gateway {
namespace {

/// The two ends of a connection: one that the exchange has, and one of the test.
std::pair<Descriptor, Descriptor> connection() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

class ExchangeTest : public testing::Test {
protected:
    ExchangeTest() {
        auto [gateway_near, gateway_far] = connection();
        auto [router_near, router_far] = connection();
        gateway_ = std::move(gateway_far);
        router_ = std::move(router_far);
        std::make_shared<Exchange>(
            io_, std::make_shared<PlainStream>(adopt_stream(io_, std::move(gateway_near))),
            std::make_shared<PlainStream>(adopt_stream(io_, std::move(router_near))))
            ->start([this] { ended_ = true; });
    }

    void run() { io_.run_for(std::chrono::milliseconds(20)); }
    static void send(const Descriptor& to, const std::string& text) {
        ASSERT_EQ(::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    /// What has arrived, or nothing at the end of the stream.
    static std::optional<std::string> received(const Descriptor& at) {
        std::string text(100, 0);
        const ssize_t count = ::recv(at.get(), text.data(), text.size(), MSG_DONTWAIT);
        if (count == 0) return std::nullopt;
        return text.substr(0, count < 0 ? 0 : static_cast<std::size_t>(count));
    }

    boost::asio::io_context io_;
    Descriptor gateway_;
    Descriptor router_;
    bool ended_ = false;
};

TEST_F(ExchangeTest, BytesGoInBothDirections) {
    send(gateway_, "hello");
    send(router_, "welcome");
    run();
    EXPECT_EQ(received(router_), "hello");
    EXPECT_EQ(received(gateway_), "welcome");
}

TEST_F(ExchangeTest, AnEndIsPassedOnAndTheOtherDirectionGoesOn) {
    ::shutdown(gateway_.get(), SHUT_WR);
    run();
    EXPECT_EQ(received(router_), std::nullopt);
    send(router_, "the last words");
    run();
    EXPECT_EQ(received(gateway_), "the last words");
    EXPECT_FALSE(ended_);
    ::shutdown(router_.get(), SHUT_WR);
    run();
    EXPECT_TRUE(ended_);
    EXPECT_EQ(received(gateway_), std::nullopt);
}

TEST_F(ExchangeTest, NothingIsReadAheadOfAReaderThatWaits) {
    const std::string block(std::size_t{1} << 20, 'x');
    ::send(gateway_.get(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    run();
    // What neither the kernel's buffers nor the exchange's 64 KiB take is refused.
    ssize_t more = 0;
    for (int turn = 0; turn < 100 && more >= 0; ++turn) {
        more = ::send(gateway_.get(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        run();
    }
    EXPECT_LT(more, 0);
}

}  // namespace
}  // namespace sallyport::gateway
