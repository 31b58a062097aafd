#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::wamp {

/// The client's half of a SOCKS5 handshake (RFC 1928, no authentication) as a machine without a
/// socket. A name is resolved by the proxy, never here: that is what makes .onion names work, and
/// keeps the others from leaking. Says how many bytes to read next, so that nothing of what follows
/// the handshake is read with it.
class Socks5 {
public:
    static constexpr std::size_t host_bytes_max = 255;

    /// `host`: a name of at most host_bytes_max bytes, or an IP address in text form.
    Socks5(std::string_view host, std::uint16_t port);

    /// What is to be sent now; empty when nothing is.
    std::string take_to_send() { return std::exchange(to_send_, {}); }
    /// How many bytes to read at most before the next feed(); 0 when the handshake has ended.
    std::size_t wanted() const noexcept { return wanted_ - reply_.size(); }
    /// At most wanted() bytes.
    void feed(std::string_view bytes);

    bool connected() const noexcept { return state_ == State::connected; }
    bool failed() const noexcept { return state_ == State::failed; }
    std::string_view why() const noexcept { return why_; }  ///< of a failure, for people

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
    void want(State state, std::size_t bytes);
    void fail(std::string_view why);
    void on_reply_head();

    State state_ = State::greeting;
    std::string to_send_;
    std::string request_;
    std::string reply_;
    std::size_t wanted_ = 2;
    std::string why_;
};

/// What a reply code means, tor's own of an onion service (0xF0 to 0xF7) among them.
std::string_view socks5_error_text(std::uint8_t code) noexcept;

}  // namespace sallyport::wamp
