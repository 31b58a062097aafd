#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "wamp/base/frame.h"
#include "wamp/framing/rawsocket.h"
#include "wamp/net/out_queue.h"

namespace boost::asio {
class execution_context;  // NOLINT(readability-identifier-naming): Asio's name
}

namespace sallyport::wamp {

/// WebSocket as a state machine without a socket, with the interface of RawSocket (requirements:
/// WebSocket): bytes are passed in as they arrive, and events are read until there are none. A
/// request for an upgrade is checked and refused by HttpUpgrade; Beast reads the rest (frames,
/// masks, UTF-8, control frames and the answers to them, a client's handshake) and completes inside
/// next(); data frames are written here, so that they are sent with everything else in one gathered
/// write, without a copy. One WAMP message is one WebSocket message (W-WS-02), or one of a batch if
/// the client has asked for a batched subprotocol; what is sent is then a batch of one (W-BAT-01).
///
/// `scratch` is shared by all objects of one thread; returned messages may point into it.
class WebSocket {
public:
    using Event = RawSocket::Event;
    using Kind = RawSocket::Kind;

    /// `tells_browsers` as for read_http_upgrade().
    static WebSocket server(boost::asio::execution_context& context, std::span<char> scratch,
                            std::size_t receives_max, bool tells_browsers = false);
    static WebSocket client(boost::asio::execution_context& context, std::span<char> scratch,
                            std::size_t receives_max, Serializer serializer,
                            const std::string& host, const std::string& path);
    WebSocket(WebSocket&&) noexcept;
    WebSocket& operator=(WebSocket&&) noexcept;
    ~WebSocket();

    /// `bytes` must stay valid until next() has returned Kind::none or failed.
    void feed(std::string_view bytes);
    Event next();
    /// Accepts messages of at most so many bytes from now on.
    void limit(std::size_t bytes);
    /// Removes and returns the input that next() has not processed.
    std::string_view take_rest() noexcept;

    /// The memory of an incomplete message.
    std::size_t memory() const noexcept;

    /// Octets of the framing itself (handshake, PONG, Close) to send before anything else; the
    /// caller clears it.
    std::string& to_send() noexcept;

    /// Queues one message, in a text or binary frame as its serializer requires (W-WS-03).
    void append_message(OutQueue& out, Frame message) const;
    void append_ping(OutQueue& out) const;
    void append_close(OutQueue& out) const;

private:
    struct Machine;
    explicit WebSocket(std::unique_ptr<Machine> machine) noexcept;

    std::unique_ptr<Machine> machine_;
};

}  // namespace sallyport::wamp
