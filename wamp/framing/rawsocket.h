#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "wamp/message/payload.h"

namespace sallyport::wamp {

/// RawSocket as a state machine without a socket (requirements: RawSocket): bytes are passed in as
/// they arrive, and events are read until there are none. Complete frames are returned as views
/// into the input; only the beginning of an incomplete frame is copied. One object is one end of
/// one connection.
class RawSocket {
public:
    static constexpr std::size_t ping_bytes_max = 125;  ///< of payload (W-RAW-07)

    enum class Kind : std::uint8_t {
        none,    ///< feed more
        opened,  ///< the handshake is done
        message,
        ping,  ///< the PONG is already in to_send()
        pong,
        failed,  ///< send the bytes in to_send(), then close
    };
    struct Event {
        Kind kind = Kind::none;
        std::string_view bytes;   ///< message, PONG payload or failure; valid until the next call
        Serializer serializer{};  ///< opened
        /// If opened: the maximum message size in bytes that the peer accepts.
        std::size_t peer_receives_max = 0;
    };

    /// The accepting end. `serializers` is a bit set (1 << number).
    static RawSocket server(std::size_t receives_max, unsigned serializers);
    /// The connecting end; its four octets are in to_send() at once.
    static RawSocket client(std::size_t receives_max, Serializer serializer);

    /// `bytes` must stay valid until next() has returned Kind::none or failed.
    void feed(std::string_view bytes);
    Event next();
    /// Removes and returns the input that next() has not processed.
    std::string_view take_rest() noexcept { return std::exchange(input_, {}); }

    /// Octets of the framing itself (handshake, PONG) to send before anything else; the caller
    /// clears it.
    std::string& to_send() noexcept { return to_send_; }

    /// Accepts messages of at most so many bytes from now on, and never more than announced.
    void limit(std::size_t bytes) noexcept { accepts_max_ = bytes; }

    /// The memory of an incomplete message.
    std::size_t memory() const noexcept { return partial_.capacity() + complete_.capacity(); }

    /// A PING frame (W-RAW-07); payload at most ping_bytes_max bytes.
    static std::string ping(std::string_view payload);

private:
    enum class State : std::uint8_t { handshake_server, handshake_client, open, failed };
    RawSocket(State state, std::size_t receives_max) noexcept
        : state_(state), receives_max_(receives_max), accepts_max_(receives_max) {}

    void free_complete() noexcept;
    Event next_handshake();
    Event accept(std::string_view octets);
    Event on_reply(std::string_view octets);
    Event opened(unsigned char length_code);
    Event next_frame();
    Event event_of(std::string_view frame);
    std::string_view read_prefix(std::string_view prefix, std::size_t& body_bytes) const noexcept;
    Event fail(std::string_view why);

    State state_;
    Serializer serializer_{};
    unsigned serializers_ = 0;
    std::size_t receives_max_;  ///< as announced: a power of two
    std::size_t accepts_max_;   ///< at present; may be less
    std::string_view input_;    ///< passed in, not yet processed
    std::string partial_;       ///< the beginning of an incomplete frame
    std::string complete_;      ///< a frame assembled from parts, while it is returned
    std::string to_send_;
};

/// The largest L with 2^(9+L) <= bytes, for the handshake; bytes 512 to 16 MiB (W-RAW-01).
std::uint8_t rawsocket_length_code(std::size_t bytes) noexcept;

}  // namespace sallyport::wamp
