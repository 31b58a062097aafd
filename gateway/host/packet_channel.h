#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// One end of the packet socket between the supervisor and a child. Each packet is a line of text
/// and perhaps a descriptor. Ends silently when it is destroyed; calls on_end once when the other
/// end is gone.
class PacketChannel {
public:
    using OnPacket = std::function<void(Packet&&)>;
    using OnEnd = std::function<void()>;

    PacketChannel(boost::asio::io_context& io, Descriptor socket, OnPacket on_packet, OnEnd on_end);
    ~PacketChannel();
    PacketChannel(const PacketChannel&) = delete;
    PacketChannel& operator=(const PacketChannel&) = delete;

    /// False: the other end is gone or does not read.
    bool send(std::string_view text, int descriptor = -1) noexcept;

private:
    struct State;
    static void wait(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
};

}  // namespace sallyport::gateway
