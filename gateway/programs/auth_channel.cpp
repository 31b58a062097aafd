#include "gateway/programs/auth_channel.h"

#include <deque>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace sallyport::gateway {

namespace {

constexpr int packets_per_turn_max = 16;

}  // namespace

struct AuthChannel::State {
    State(boost::asio::io_context& io, Descriptor descriptor, OnPacket packet, OnEnd end)
        : socket(io, descriptor.release()), on_packet(std::move(packet)), on_end(std::move(end)) {}

    boost::asio::posix::stream_descriptor socket;
    OnPacket on_packet;
    OnEnd on_end;
    std::deque<std::string> queue;
    bool gone = false;
    bool paused = false;
    bool reading = false;
    bool writing = false;
};

AuthChannel::AuthChannel(boost::asio::io_context& io, Descriptor socket, OnPacket on_packet,
                         OnEnd on_end)
    : state_(
          std::make_shared<State>(io, std::move(socket), std::move(on_packet), std::move(on_end))) {
    read(state_);
}

AuthChannel::~AuthChannel() {
    state_->gone = true;
    boost::system::error_code ignored;
    state_->socket.close(ignored);
}

bool AuthChannel::send(std::string&& packet) {
    if (state_->queue.empty() && send_packet(state_->socket.native_handle(), packet)) return true;
    if (state_->queue.size() >= queue_max) return false;
    state_->queue.push_back(std::move(packet));
    write(state_);
    return true;
}

std::size_t AuthChannel::queued() const noexcept {
    return state_->queue.size();
}

void AuthChannel::pause() noexcept {
    state_->paused = true;
}

void AuthChannel::resume() {
    state_->paused = false;
    read(state_);
}

void AuthChannel::read(const std::shared_ptr<State>& state) {
    if (state->gone || state->paused || std::exchange(state->reading, true)) return;
    state->socket.async_wait(
        boost::asio::posix::descriptor_base::wait_read, [state](boost::system::error_code error) {
            state->reading = false;
            if (error || state->gone) return;
            for (int count = 0; count < packets_per_turn_max && !state->paused; ++count) {
                Packet packet;
                const Receive received = receive_packet(state->socket.native_handle(), packet);
                if (received == Receive::nothing_yet) break;
                if (received == Receive::end) {
                    state->gone = true;
                    state->on_end();
                    return;
                }
                state->on_packet(packet.text);
                if (state->gone) return;
            }
            read(state);
        });
}

/// If the other end has gone, the reading side finds out.
void AuthChannel::write(const std::shared_ptr<State>& state) {
    if (state->gone || state->queue.empty() || std::exchange(state->writing, true)) return;
    state->socket.async_wait(
        boost::asio::posix::descriptor_base::wait_write, [state](boost::system::error_code error) {
            state->writing = false;
            if (error || state->gone) return;
            while (!state->queue.empty() &&
                   send_packet(state->socket.native_handle(), state->queue.front()))
                state->queue.pop_front();
            write(state);
        });
}

}  // namespace sallyport::gateway
