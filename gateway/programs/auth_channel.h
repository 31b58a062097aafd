#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "gateway/host/descriptor.h"

namespace sallyport::gateway {

/// One end of the packet socket between a door and its authenticator. What the other end does not
/// read yet waits here, in a bounded queue. Descriptors in packets are closed. `on_end` is called
/// once when the other end closes; the destructor closes this one silently.
class AuthChannel {
public:
    static constexpr std::size_t queue_max = 16'384;  ///< packets

    using OnPacket = std::function<void(std::string_view packet)>;
    using OnEnd = std::function<void()>;

    AuthChannel(boost::asio::io_context& io, Descriptor socket, OnPacket on_packet, OnEnd on_end);
    ~AuthChannel();
    AuthChannel(const AuthChannel&) = delete;
    AuthChannel& operator=(const AuthChannel&) = delete;

    /// False if the queue is full: the packet is dropped.
    bool send(std::string&& packet);
    std::size_t queued() const noexcept;
    /// No packet is read until resume(). May be called in `on_packet`.
    void pause() noexcept;
    void resume();

private:
    struct State;
    static void read(const std::shared_ptr<State>& state);
    static void write(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
};

}  // namespace sallyport::gateway
