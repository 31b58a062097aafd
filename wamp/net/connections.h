#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include "wamp/base/frame.h"
#include "wamp/base/ids.h"
#include "wamp/base/instant.h"
#include "wamp/message/payload.h"

namespace sallyport::wamp {

/// A connected stream socket, unix or TCP.
using Socket = boost::asio::generic::stream_protocol::socket;

/// What is known of a connection once its transport handshake (TLS, RawSocket or WebSocket) is
/// done.
struct Opened {
    Serializer serializer = Serializer::msgpack;
    std::size_t peer_receives_max = 16u << 20;  ///< bytes of a message that the peer accepts
    bool pings = false;                         ///< RawSocket: effect::Ping may be used
    std::uint64_t circuit = 0;  ///< Tor circuit id of the PROXY line; 0 when there was none
    std::string peer_pin;       ///< "sha256:…" of the peer's key when TLS was done
};

/// Who owns connections: a gateway worker, an inside, a client. Called on the reactor's thread
/// only. A peer is named in no call after on_closed().
class Host {
public:
    virtual ~Host() = default;
    virtual void on_open(PeerId peer, const Opened& opened) = 0;
    /// One whole WAMP message; `bytes` hold until the call returns.
    virtual void on_message(PeerId peer, std::string_view bytes) = 0;
    /// Something came from the peer that is no message (PONG, PING).
    virtual void on_alive(PeerId peer) = 0;
    /// All that one read brought was handed over: the moment to carry out effects.
    virtual void on_batch_end() = 0;
    /// The connection is gone, or never came to be open; `why` is for the log.
    virtual void on_closed(PeerId peer, std::string_view why) = 0;
};

/// How connections are made and bounded.
struct ConnectionOptions {
    std::size_t message_bytes = 4u << 20;  ///< largest message accepted, 512 B to 16 MiB
    std::size_t queue_bytes =
        4u << 20;  ///< a peer whose unsent bytes exceed this is closed (W-PUB-10)
    Duration handshake_timeout = std::chrono::seconds(10);  ///< connected to Opened
    Duration close_timeout = std::chrono::seconds(2);       ///< for flushing after close()
    bool proxy_line = false;  ///< a PROXY line comes first and carries the circuit id
};

/// All transport connections of one reactor thread: reads, cuts into messages, queues and writes,
/// one gathered write per connection and wake-up. Decides nothing about WAMP. Frames are queued by
/// send() and go out after the current turn of the loop; a queue beyond its budget closes the
/// connection (never: a message silently skipped).
class Connections {
public:
    Connections(boost::asio::io_context& io, Host& host);
    ~Connections();
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    /// The accepting end: tells RawSocket and WebSocket apart by the first octet (W-RAW-03).
    PeerId accept(Socket socket, const ConnectionOptions& options);
    struct Target {
        Serializer serializer = Serializer::msgpack;
        bool websocket = false;
        std::string host = "localhost";  ///< of the HTTP upgrade
        std::string path = "/";
    };
    /// The connecting end of an already connected socket.
    PeerId connect(Socket socket, const Target& target, const ConnectionOptions& options);

    // A link turns round after it was dialled: whoever dialled is the TLS client, and the other end
    // speaks WAMP first (architecture: Link). `tls` is null on unix sockets; otherwise TLS 1.3
    // whose context checks the peer's pinned key.
    /// We accepted the TCP connection, and speak first: TLS server, RawSocket client (the gateway's
    /// end of a link).
    PeerId accept_link(Socket socket, boost::asio::ssl::context* tls,
                       const ConnectionOptions& options);
    /// We dialled, and are spoken to: TLS client, RawSocket server (the inside's end of a link).
    PeerId serve_link(Socket socket, boost::asio::ssl::context* tls,
                      const ConnectionOptions& options);

    void send(PeerId peer, Frame frame);
    void ping(PeerId peer);
    /// Flushes what is queued, bounded by close_timeout, then closes; on_closed() is not called for
    /// it.
    void close(PeerId peer);

    std::size_t size() const noexcept;
    std::size_t queued_bytes(PeerId peer) const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// What time the reactor believes it is; read once per turn of the loop where that suffices.
Instant now() noexcept;

}  // namespace sallyport::wamp
