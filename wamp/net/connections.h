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
#include "wamp/flow/budget.h"
#include "wamp/flow/silence.h"
#include "wamp/message/payload.h"

namespace sallyport::wamp {

/// A connected stream socket, unix or TCP.
using Socket = boost::asio::generic::stream_protocol::socket;

/// The properties of a connection after its transport handshake (TLS, RawSocket or
/// WebSocket).
struct Opened {
    Serializer serializer = Serializer::msgpack;
    /// Maximum message size in bytes that the peer accepts.
    std::size_t peer_receives_max = 16u << 20;
    bool pings = false;         ///< RawSocket: effect::Ping may be used
    std::uint64_t circuit = 0;  ///< Tor circuit id of the PROXY line; 0 if there was none
    Instant since{};            ///< when it was connected
    std::string peer_pin;       ///< "sha256:…" of the peer's key if TLS is used
};

/// The owner of connections: a gateway worker, an inside, a client. Called on the thread of the
/// reactor only. No call refers to a peer after its on_closed().
class Host {
public:
    virtual ~Host() = default;
    /// The PROXY line of an accepted connection has come.
    virtual void on_circuit(PeerId /*peer*/, std::uint64_t /*circuit*/) {}
    virtual void on_open(PeerId peer, const Opened& opened) = 0;
    /// One complete WAMP message; `bytes` are valid until the call returns.
    virtual void on_message(PeerId peer, std::string_view bytes) = 0;
    /// The peer sent something other than a message (PONG, PING).
    virtual void on_alive(PeerId peer) = 0;
    /// The kernel has taken queued bytes of the peer; `unsent` bytes still wait.
    virtual void on_written(PeerId /*peer*/, std::size_t /*unsent*/) {}
    /// Everything from one read was passed on: the time to carry out effects.
    virtual void on_batch_end() = 0;
    /// The memory that the host uses for its peers beyond their connections, in bytes.
    struct Held {
        std::size_t of_peers = 0;  ///< the sum of held_of(), which ends with their connections
        std::size_t other = 0;     ///< has limits of its own
    };
    virtual Held held() const { return {}; }
    virtual std::size_t held_of(PeerId /*peer*/) const { return 0; }
    /// The connection was closed or never opened; `why` is for the log.
    virtual void on_closed(PeerId peer, std::string_view why) = 0;
};

/// Limits of connections.
struct ConnectionOptions {
    std::size_t message_bytes = 4u << 20;  ///< largest message accepted, 512 B to 16 MiB
    /// The same of an accepted connection until set_joined(): a stranger gets little memory.
    std::size_t login_message_bytes = 16u << 20;
    /// Messages after which other connections have their turn.
    std::size_t turn_messages = 256;
    Duration handshake_timeout = std::chrono::seconds(10);  ///< from connected to Opened
    Duration close_timeout = std::chrono::seconds(2);       ///< for flushing after close()
    /// A peer for which bytes wait and that has read none for this long is closed.
    Duration stall_timeout = std::chrono::seconds(30);
    /// A peer that says nothing is sent a PING, and closed if it then still says nothing. Off for
    /// links, whose hosts have probes of their own.
    flow::SilenceLimits silence{};
    /// Whether RawSocket peers are sent PINGs before they have sent one themselves: many close the
    /// connection then (W-RAW-08).
    bool pings_rawsocket = false;
    bool tells_browsers = false;  ///< as for read_http_upgrade()
    bool proxy_line = false;      ///< a PROXY line with the circuit id comes first
    bool essential = false;       ///< a link: never ended or slowed down because memory is short
    /// A peer is not read while more than this waits for it.
    std::size_t unread_bytes_max = SIZE_MAX;
};

/// All transport connections of one reactor thread: reads, splits the input into messages, queues
/// output and writes it, one gathered write per connection and wake-up. Contains no WAMP logic.
/// Frames are queued by send() and written after the current turn of the loop. A message is never
/// dropped: a peer that reads nothing for stall_timeout is closed, however little waits for it, and
/// when memory is short those that cost most are (limit_memory). A peer that does not read the
/// PONGs that it asks for is not read until it does. A peer that vanishes without a word is noticed
/// by PINGs, and over IP by the kernel (TCP keepalive).
class Connections {
public:
    Connections(boost::asio::io_context& io, Host& host);
    ~Connections();
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    /// Bounds the memory of all connections but the essential ones, in bytes. Near the limit the
    /// steps of flow::Pressure follow: those of a circuit count together, and the costliest go.
    void limit_memory(std::size_t bytes);
    const flow::Budget& memory() const noexcept;
    /// Connections that were closed because memory was short.
    std::uint64_t closed_for_memory() const noexcept;

    /// The accepting end: the first octet distinguishes RawSocket and WebSocket (W-RAW-03).
    PeerId accept(Socket socket, const ConnectionOptions& options);
    struct Target {
        Serializer serializer = Serializer::msgpack;
        bool websocket = false;
        std::string host = "localhost";  ///< of the HTTP upgrade
        std::string path = "/";
        boost::asio::ssl::context* tls = nullptr;  ///< of make_dial_context(); null for none
    };
    /// The connecting end, for a socket that is already connected.
    PeerId connect(Socket socket, const Target& target, const ConnectionOptions& options);

    // A link reverses its direction after dialling: the dialling end is the TLS client, and the
    // other end opens the WAMP session (architecture: Link). `tls` is null for unix sockets;
    // otherwise it is a TLS 1.3 context that checks the peer's pinned key.
    /// For an accepted connection: TLS server, and the client of RawSocket or WebSocket (the
    /// gateway's end of a link).
    PeerId accept_link(Socket socket, const Target& target, const ConnectionOptions& options);
    /// For a dialled connection: TLS client, RawSocket server (the inside's end of a link).
    PeerId serve_link(Socket socket, boost::asio::ssl::context* tls,
                      const ConnectionOptions& options);

    void send(PeerId peer, Frame frame);
    void ping(PeerId peer);
    /// Whether the peer has a session: only then are messages of the full size accepted.
    void set_joined(PeerId peer, bool joined);
    /// The kernel takes only so much of what is sent to the peer as little more than a second of a
    /// slow reader: what waits is then the host's to replace.
    void keep_buffer_small(PeerId peer);
    /// Reads no more from the peer, and passes on nothing more that was read: what it sends waits
    /// in the kernel, and so does the peer.
    void pause(PeerId peer);
    /// Reads on. Messages that were read before come in the current turn or after it, never from
    /// within this call.
    void resume(PeerId peer);
    /// Writes the queued bytes for at most close_timeout, then closes; on_closed() is not called.
    void close(PeerId peer);
    /// Closes at once and frees the descriptor; on_closed() is not called.
    void drop(PeerId peer);

    std::size_t size() const noexcept;
    std::size_t queued_bytes(PeerId peer) const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The current time of the reactor; read once per turn of the loop where that is enough.
Instant now() noexcept;

}  // namespace sallyport::wamp
