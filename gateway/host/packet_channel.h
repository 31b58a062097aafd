#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// One end of the packet socket between the supervisor and a child. Each packet is a line of text
/// with an optional descriptor. Only a few packets are read at each turn of the reactor, however
/// many wait. The destructor closes it silently; on_end is called once when the other end closes.
class PacketChannel {
public:
    using OnPacket = std::function<void(Packet&&)>;
    using OnEnd = std::function<void()>;

    PacketChannel(boost::asio::io_context& io, Descriptor socket, OnPacket on_packet, OnEnd on_end);
    ~PacketChannel();
    PacketChannel(const PacketChannel&) = delete;
    PacketChannel& operator=(const PacketChannel&) = delete;

    /// False if the other end is closed or does not read.
    bool send(std::string_view text, int descriptor = -1) noexcept;

private:
    struct State;
    static void wait(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
};

}  // namespace sallyport::gateway
