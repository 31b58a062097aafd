#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "wamp/base/frame.h"
#include "wamp/framing/rawsocket.h"
#include "wamp/net/out_queue.h"
#include "wamp/net/tls_session.h"
#include "wamp/net/websocket.h"

namespace sallyport::wamp {

/// The properties of an opened channel.
struct ChannelOpened {
    Serializer serializer = Serializer::msgpack;
    std::size_t peer_receives_max = 0;
    bool rawsocket = false;
    std::uint64_t circuit = 0;
    std::string peer_pin;
};

/// Converts between the bytes of one socket and WAMP messages, without the socket: PROXY line, TLS,
/// detection of RawSocket and WebSocket (W-RAW-03), framing. Bytes are passed in, events and bytes
/// to write are read out.
class Channel {
public:
    enum class Kind : std::uint8_t { none, circuit, opened, message, alive, failed };
    struct Event {
        Kind kind = Kind::none;
        std::string_view bytes;  ///< message, or reason of a failure; valid until the next call
    };
    /// Memory that all channels of one thread share while they process input.
    struct Shared {
        boost::asio::execution_context& context;
        std::span<char> messages;                   ///< for WebSocket
        std::span<char> plaintext;                  ///< for TLS
        std::size_t* queued_frame_bytes = nullptr;  ///< of all, each frame counted once
    };
    enum class Start : std::uint8_t {
        sniff,  ///< accept: the first octet of the peer decides
        rawsocket_client,
        rawsocket_server,
        websocket_client,
    };
    struct Config {
        Start start = Start::sniff;
        std::size_t message_bytes = 4u << 20;
        std::size_t login_message_bytes = 4u << 20;  ///< until set_joined()
        bool tells_browsers = false;                 ///< as for read_http_upgrade()
        bool proxy_line = false;
        bool essential = false;                       ///< its frames are not counted
        Serializer serializer = Serializer::msgpack;  ///< of a client
        std::string host;                             ///< of the HTTP upgrade
        std::string path;
        SSL_CTX* tls = nullptr;
        TlsSession::End tls_end = TlsSession::End::server;
    };

    Channel(const Shared& shared, const Config& config);

    /// `bytes` must stay valid until next() has returned Kind::none or failed.
    void feed(std::string_view bytes);
    Event next();
    /// Keeps a copy of the input that next() has not processed, which need not stay valid any
    /// longer: the caller pauses, and continues with next() before it feeds more. After
    /// Kind::opened.
    void park();
    /// After Kind::opened.
    ChannelOpened opened() const;
    /// Of the PROXY line, after Kind::circuit; 0 without one.
    std::uint64_t circuit() const noexcept { return circuit_; }
    /// Whether messages may be as large as announced. Otherwise, and at first, only those of a
    /// login are accepted.
    void set_joined(bool joined);

    void send(Frame message);
    void ping();
    /// Sends the closing message of the protocol; nothing may be sent after it.
    void close();

    /// Frees what has not been written.
    void discard_output() noexcept;
    /// What to write to the socket.
    OutQueue& wire();
    std::size_t queued_bytes() const noexcept;
    /// All bytes that were ever written to the socket.
    std::uint64_t written() const noexcept;
    /// The memory of what waits in both directions, without that of frames.
    std::size_t memory() const noexcept;
    /// Whether so many PONGs wait to be written that the peer must read before it is read again:
    /// what it causes to be sent to itself is bounded (W-RAW-07).
    bool owes_much() noexcept;
    std::size_t peer_receives_max() const noexcept { return peer_receives_max_; }

private:
    Event fail(std::string_view why);
    Event framing_event();
    bool read_proxy();
    Event next_plaintext(std::string_view& plain);
    bool start_framing(char first_octet);
    void limit(std::size_t bytes);
    void start_client();
    void collect();

    using Framing = std::variant<std::monostate, RawSocket, WebSocket>;

    const Shared* shared_;
    Start start_;
    bool proxy_expected_;
    bool tells_browsers_;
    bool open_ = false;
    bool failed_ = false;
    Serializer serializer_;
    std::uint32_t circuit_ = 0;
    std::uint32_t message_bytes_;
    std::uint32_t login_message_bytes_;
    std::size_t peer_receives_max_ = 0;
    std::string_view input_;
    std::string early_;  ///< a PROXY line received in pieces; later: the reason of a failure
    std::unique_ptr<const Config> client_;  ///< until the framing has started
    std::unique_ptr<TlsSession> tls_;
    Framing framing_;
    std::string parked_;           ///< by park(); the framing refers to it
    OutQueue out_;                 ///< before TLS
    std::uint32_t own_bytes_ = 0;  ///< written by the framing itself (PONGs), and still waiting
    std::uint64_t own_end_ = 0;    ///< of these: the end in the stream of written bytes
};

}  // namespace sallyport::wamp
