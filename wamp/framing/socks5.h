#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::wamp {

/// The client side of a SOCKS5 handshake (RFC 1928, no authentication) as a state machine without
/// a socket. Names are resolved by the proxy, never here, so that .onion names work and no other
/// name is leaked. bytes_needed() limits each read, so that no byte after the handshake is read
/// with it.
class Socks5 {
public:
    static constexpr std::size_t host_bytes_max = 255;

    /// `host`: a name of at most host_bytes_max bytes, or an IP address in text form.
    Socks5(std::string_view host, std::uint16_t port);

    /// The bytes to send now; empty if there are none.
    std::string take_to_send() { return std::exchange(to_send_, {}); }
    /// The maximum number of bytes to read before the next feed(); 0 after the end of the
    /// handshake.
    std::size_t bytes_needed() const noexcept { return bytes_needed_ - reply_.size(); }
    /// At most bytes_needed() bytes.
    void feed(std::string_view bytes);

    bool connected() const noexcept { return state_ == State::connected; }
    bool failed() const noexcept { return state_ == State::failed; }
    std::string_view why() const noexcept { return why_; }  ///< the reason of a failure, for people

private:
    enum class State : std::uint8_t {
        greeting,
        reply_head,
        reply_name_length,
        reply_rest,
        connected,
        failed
    };

    void step();
    void expect(State state, std::size_t bytes);
    void fail(std::string_view why);
    void on_reply_head();

    State state_ = State::greeting;
    std::string to_send_;
    std::string request_;
    std::string reply_;
    std::size_t bytes_needed_ = 2;
    std::string why_;
};

/// The meaning of a reply code, including tor's codes for onion services (0xF0 to 0xF7).
std::string_view socks5_error_text(std::uint8_t code) noexcept;

}  // namespace sallyport::wamp
