#include "wamp/net/tls_session.h"

#include <algorithm>
#include <array>
#include <new>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "wamp/net/tls_context.h"

namespace sallyport::wamp {
namespace {

constexpr std::size_t record_bytes = 16384;  // the maximum plaintext of a TLS 1.3 record

/// Whether the peer said in an alert that it does not accept our certificate (RFC 8446, 6.2).
bool is_refusal(int reason) {
    switch (reason - SSL_AD_REASON_OFFSET) {
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_UNKNOWN_CA:
            return true;
        default:
            return false;
    }
}

}  // namespace

TlsSession::TlsSession(SSL_CTX* context, End end)
    : ssl_(SSL_new(context)), from_peer_(BIO_new(BIO_s_mem())), to_peer_(BIO_new(BIO_s_mem())) {
    if (ssl_ == nullptr || from_peer_ == nullptr || to_peer_ == nullptr) throw std::bad_alloc();
    SSL_set_bio(ssl_, from_peer_, to_peer_);  // which then owns both
    SSL_set_app_data(ssl_, &refused_pin_);
    SSL_set_mode(ssl_, SSL_MODE_RELEASE_BUFFERS);
    if (end == End::server) {
        SSL_set_accept_state(ssl_);
    } else {
        SSL_set_connect_state(ssl_);
        std::string name(server_name_of(context));
        if (!name.empty())
            SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    }
}

TlsSession::~TlsSession() {
    SSL_free(ssl_);
}

void TlsSession::feed(std::string_view ciphertext) {
    if (failed_) return;
    BIO_write(from_peer_, ciphertext.data(), static_cast<int>(ciphertext.size()));
}

TlsSession::Event TlsSession::fail() {
    failed_ = true;
    const unsigned long code = ERR_get_error();
    if (!refused_pin_.empty()) {
        why_ = "TLS: the key of the other end has the pin " + refused_pin_ +
               ", which is not in peer_pin at this end";
    } else if (code == 0) {
        why_ = "TLS: closed by the peer";
    } else if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        why_ = std::string("TLS: the certificate of the other end is not accepted: ") +
               X509_verify_cert_error_string(SSL_get_verify_result(ssl_));
    } else if (is_refusal(ERR_GET_REASON(code))) {
        const X509* const own = SSL_get_certificate(ssl_);
        why_ = "TLS: the other end refuses the key of this end, whose pin is " +
               (own == nullptr ? std::string("missing") : pin_of(*own));
    } else {
        const char* reason = ERR_reason_error_string(code);
        why_ = std::string("TLS: ") + (reason != nullptr ? reason : "failed");
    }
    ERR_clear_error();
    return {Kind::failed, why_};
}

TlsSession::Event TlsSession::next(std::span<char> into) {
    if (failed_) return {};
    ERR_clear_error();
    if (!established_) {
        const int done = SSL_do_handshake(ssl_);
        if (done != 1) {
            const int error = SSL_get_error(ssl_, done);
            return error == SSL_ERROR_WANT_READ ? Event{} : fail();
        }
        established_ = true;
        return {Kind::established, {}};
    }
    const int count = SSL_read(ssl_, into.data(), static_cast<int>(into.size()));
    if (count > 0) return {Kind::plain, {into.data(), static_cast<std::size_t>(count)}};
    return SSL_get_error(ssl_, count) == SSL_ERROR_WANT_READ ? Event{} : fail();
}

void TlsSession::encrypt(OutQueue& plain) {
    if (!established_ || failed_) return;
    std::array<iovec, 32> pieces;
    std::string record;
    while (!plain.empty()) {
        const std::size_t count = plain.gather(pieces);
        std::string_view bytes(static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len);
        if (bytes.size() < record_bytes && count > 1) {
            record.clear();
            for (std::size_t i = 0; i < count && record.size() < record_bytes; ++i) {
                const std::size_t room = record_bytes - record.size();
                record.append(static_cast<const char*>(pieces[i].iov_base),
                              std::min(room, pieces[i].iov_len));
            }
            bytes = record;
        }
        ERR_clear_error();
        if (SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) <= 0) {
            fail();
            plain.clear();
            return;
        }
        plain.consume(bytes.size());
        collect_ciphertext();
    }
}

void TlsSession::collect_ciphertext() {
    const std::size_t pending = BIO_ctrl_pending(to_peer_);
    if (pending == 0) return;
    std::string bytes(pending, '\0');
    const int count = BIO_read(to_peer_, bytes.data(), static_cast<int>(pending));
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    wire_.append(std::move(bytes));
}

OutQueue& TlsSession::wire() {
    collect_ciphertext();
    return wire_;
}

void TlsSession::close() {
    if (established_ && !failed_) SSL_shutdown(ssl_);
}

std::string TlsSession::peer_pin() const {
    const X509* certificate = SSL_get0_peer_certificate(ssl_);
    return certificate == nullptr ? std::string() : pin_of(*certificate);
}

}  // namespace sallyport::wamp
