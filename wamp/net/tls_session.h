#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "wamp/net/out_queue.h"

namespace sallyport::wamp {

/// One TLS connection as a machine over memory: fed with ciphertext, asked for plaintext. Which
/// protocol version and which peers are good enough is the context's to say (tls_context.h).
class TlsSession {
public:
    enum class End : std::uint8_t { server, client };
    enum class Kind : std::uint8_t {
        none,         ///< feed more
        established,  ///< once: both ends have proved themselves
        plain,
        failed,  ///< also: the peer has ended it in good order
    };
    struct Event {
        Kind kind = Kind::none;
        std::string_view bytes;  ///< plain, in the span that next() was given; or why it failed
    };

    TlsSession(SSL_CTX* context, End end);
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;
    ~TlsSession();

    void feed(std::string_view ciphertext);
    Event next(std::span<char> into);

    /// Encrypts what waits in `plain`, several small pieces to a record; nothing before it is
    /// established.
    void encrypt(OutQueue& plain);
    /// What goes to the wire, handshake included.
    OutQueue& wire();
    std::size_t queued_bytes() const noexcept { return wire_.bytes(); }
    /// Says goodbye to the peer's TLS.
    void close();

    bool established() const noexcept { return established_; }
    std::string peer_pin() const;

private:
    Event fail();
    void take_ciphertext();

    SSL* ssl_;
    BIO* from_peer_;
    BIO* to_peer_;
    bool established_ = false;
    bool failed_ = false;
    std::string why_;
    OutQueue wire_;
};

}  // namespace sallyport::wamp
