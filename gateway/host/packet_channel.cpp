#include "gateway/host/packet_channel.h"

#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace sallyport::gateway {

namespace {

/// A child that floods its channel must not keep the others waiting.
constexpr int packets_per_turn_max = 16;

}  // namespace

struct PacketChannel::State {
    State(boost::asio::io_context& io, Descriptor descriptor, OnPacket packet, OnEnd end)
        : socket(io, descriptor.release()), on_packet(std::move(packet)), on_end(std::move(end)) {}

    boost::asio::posix::stream_descriptor socket;
    OnPacket on_packet;
    OnEnd on_end;
    bool gone = false;
};

PacketChannel::PacketChannel(boost::asio::io_context& io, Descriptor socket, OnPacket on_packet,
                             OnEnd on_end)
    : state_(
          std::make_shared<State>(io, std::move(socket), std::move(on_packet), std::move(on_end))) {
    wait(state_);
}

PacketChannel::~PacketChannel() {
    state_->gone = true;
    boost::system::error_code ignored;
    state_->socket.close(ignored);
}

bool PacketChannel::send(std::string_view text, int descriptor) noexcept {
    return send_packet(state_->socket.native_handle(), text, descriptor);
}

void PacketChannel::wait(const std::shared_ptr<State>& state) {
    state->socket.async_wait(
        boost::asio::posix::descriptor_base::wait_read, [state](boost::system::error_code error) {
            if (error || state->gone) return;
            for (int count = 0; count < packets_per_turn_max; ++count) {
                Packet packet;
                const Receive received = receive_packet(state->socket.native_handle(), packet);
                if (received == Receive::nothing_yet) break;
                if (received == Receive::end) {
                    state->on_end();
                    return;
                }
                state->on_packet(std::move(packet));
                if (state->gone) return;
            }
            wait(state);
        });
}

}  // namespace sallyport::gateway
