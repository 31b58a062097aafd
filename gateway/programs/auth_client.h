#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "gateway/host/descriptor.h"
#include "gateway/programs/auth_channel.h"
#include "wamp/base/value.h"

namespace sallyport::gateway {

/// The authenticator as a door sees it: a process that may end, and is started again. Questions
/// wait while there is none; the clients behind them wait no longer than they have time to join.
class AuthClient {
public:
    using OnAnswer = std::function<void(std::string_view packet)>;
    using OnLost = std::function<void()>;

    AuthClient(boost::asio::io_context& io, OnAnswer on_answer, OnLost on_lost);

    /// The supervisor has connected it to one that has just been started.
    void connect(Descriptor socket);
    void ask(std::string&& question);
    /// For the status.
    wamp::Dict status() const;

private:
    void on_lost();

    boost::asio::io_context& io_;
    OnAnswer on_answer_;
    OnLost on_lost_;
    std::unique_ptr<AuthChannel> channel_;
    std::deque<std::string> waiting_;  ///< asked while there is no channel
    std::uint64_t asked_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t lost_ = 0;     ///< authenticators that have ended
    std::uint64_t dropped_ = 0;  ///< questions for which there was no room
};

}  // namespace sallyport::gateway
