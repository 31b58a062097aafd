#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "wamp/base/ids.h"
#include "wamp/base/instant.h"

namespace sallyport::wamp {

/// Peers to be looked at later, in steps of time: those of one step share a wake-up of the process,
/// and each costs the memory of its number. A peer that has gone stays until it is due.
class DueList {
public:
    /// `on_due` takes those that are due.
    DueList(boost::asio::io_context& io, std::function<void()> on_due);
    DueList(const DueList&) = delete;
    DueList& operator=(const DueList&) = delete;

    /// Due at the end of the step of length `step` in which `when` is.
    void add(PeerId peer, Instant when, Duration step);
    std::vector<PeerId> take(Instant now);

private:
    void arm();

    boost::asio::steady_timer timer_;
    std::function<void()> on_due_;
    std::map<Instant, std::vector<PeerId>> steps_;
    Instant armed_ = never;
    /// Handlers that outlive this object hold a weak pointer.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace sallyport::wamp
