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
class execution_context;
}

namespace sallyport::wamp {

/// WebSocket as a machine without a socket, with the face of RawSocket (requirements: WebSocket):
/// fed with bytes as they arrive, asked for events until there is none. Beast reads (handshake,
/// frames, masks, UTF-8, control frames, the answers to those) and runs to its end inside next();
/// data frames are written here, so that they leave with everything else in one gathered write,
/// uncopied. One WAMP message is one WebSocket message (W-WS-02).
///
/// `scratch` is shared by all machines of one thread; a message may be handed out from it.
class WebSocket {
public:
    using Event = RawSocket::Event;
    using Kind = RawSocket::Kind;

    static constexpr std::size_t request_bytes_max =
        8192;  ///< of the HTTP upgrade, header lines included

    static WebSocket server(boost::asio::execution_context& context, std::span<char> scratch,
                            std::size_t receives_max);
    static WebSocket client(boost::asio::execution_context& context, std::span<char> scratch,
                            std::size_t receives_max, Serializer serializer,
                            const std::string& host, const std::string& path);
    WebSocket(WebSocket&&) noexcept;
    WebSocket& operator=(WebSocket&&) noexcept;
    ~WebSocket();

    /// `bytes` must stay valid until next() has returned Kind::none or failed.
    void feed(std::string_view bytes);
    Event next();

    /// Octets of the machine's own (handshake, PONG, Close) to send before anything else; the
    /// caller clears it.
    std::string& to_send() noexcept;

    /// Queues one message, in a text or a binary frame as its serializer demands (W-WS-03).
    void append_message(OutQueue& out, Frame message) const;
    void append_ping(OutQueue& out) const;
    void append_close(OutQueue& out) const;

private:
    struct Machine;
    explicit WebSocket(std::unique_ptr<Machine> machine) noexcept;

    std::unique_ptr<Machine> machine_;
};

/// What a list of subprotocols, as in Sec-WebSocket-Protocol, leads to: the first entry that we
/// speak (W-WS-04).
struct Subprotocol {
    Serializer serializer;
    std::string_view name;
};
const Subprotocol* choose_subprotocol(std::string_view offered) noexcept;

}  // namespace sallyport::wamp
