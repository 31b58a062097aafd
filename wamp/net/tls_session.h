#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "wamp/net/out_queue.h"

namespace sallyport::wamp {

/// One TLS connection as a state machine in memory: ciphertext is passed in, plaintext is read out.
/// The context decides which protocol versions and peers are accepted (tls_context.h).
class TlsSession {
public:
    enum class End : std::uint8_t { server, client };
    enum class Kind : std::uint8_t {
        none,         ///< more input is needed
        established,  ///< once: both ends are authenticated
        plain,
        failed,  ///< also if the peer closed in order
    };
    struct Event {
        Kind kind = Kind::none;
        std::string_view bytes;  ///< plaintext, in the span passed to next(); or the failure
    };

    TlsSession(SSL_CTX* context, End end);
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;
    ~TlsSession();

    void feed(std::string_view ciphertext);
    Event next(std::span<char> into);

    /// Encrypts the queue `plain`, with several small pieces per record; does nothing before the
    /// handshake has ended.
    void encrypt(OutQueue& plain);
    /// The bytes to send, including the handshake.
    OutQueue& wire();
    std::size_t queued_bytes() const noexcept { return wire_.bytes(); }
    /// All bytes that have left the queue of bytes to send.
    std::uint64_t written() const noexcept { return wire_.consumed(); }
    /// Sends a close_notify alert.
    void close();

    bool established() const noexcept { return established_; }
    std::string peer_pin() const;

private:
    Event fail();
    void collect_ciphertext();

    SSL* ssl_;
    BIO* from_peer_;
    BIO* to_peer_;
    bool established_ = false;
    bool failed_ = false;
    std::string why_;
    std::string refused_pin_;  ///< of the peer, if its key is not accepted
    OutQueue wire_;
};

}  // namespace sallyport::wamp
