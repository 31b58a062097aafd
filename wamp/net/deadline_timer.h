#pragma once

#include <functional>
#include <memory>
#include <set>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "wamp/base/ids.h"
#include "wamp/base/instant.h"

namespace sallyport::wamp {

/// Deadlines of peers on one timer of the reactor.
class DeadlineTimer {
public:
    /// `on_due` takes those that are due; it is called when there are some.
    DeadlineTimer(boost::asio::io_context& io, std::function<void()> on_due);
    DeadlineTimer(const DeadlineTimer&) = delete;
    DeadlineTimer& operator=(const DeadlineTimer&) = delete;

    /// Moves the deadline of the peer from `from` to `to`; `never` is none.
    void move(PeerId peer, Instant from, Instant to);
    /// The peer whose deadline passed first, no_peer if there is none.
    PeerId due(Instant now) const noexcept;

private:
    void arm();

    boost::asio::steady_timer timer_;
    std::function<void()> on_due_;
    std::set<std::pair<Instant, PeerId>> deadlines_;
    Instant armed_ = never;
    /// Handlers that outlive this object hold a weak pointer.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace sallyport::wamp
