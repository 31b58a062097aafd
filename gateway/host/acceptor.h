#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// Accepts connections on a listening socket, unix or TCP, until it is destroyed. If descriptors
/// run out it waits a little instead of spinning. Connections that get a descriptor from
/// `first_refused` on are closed at once: see first_reserved_descriptor().
class Acceptor {
public:
    using Socket = boost::asio::generic::stream_protocol::socket;
    /// `origin` is the same for all connections from one address; 0 for a unix socket. `address` is
    /// for the log: "10.0.0.5:4711", or "process 1234" for a unix socket.
    using Accepted = std::function<void(Socket, std::uint64_t origin, const std::string& address)>;

    Acceptor(boost::asio::io_context& io, Descriptor listener, Accepted accepted,
             int first_refused = std::numeric_limits<int>::max());
    ~Acceptor();
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace sallyport::gateway
