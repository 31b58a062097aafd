#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>
#include <boost/asio/ssl/context.hpp>

#include "wamp/net/tls_session.h"

// Keys of a link: self-signed, pinned on both ends, without certificate authorities and names
// (architecture: Link). These functions are for the start of a program: errors are thrown as
// std::runtime_error with one line that names the file and the solution.
namespace sallyport::wamp {

/// How a pin begins.
inline constexpr std::string_view pin_start = "sha256:";
/// "sha256:" and 64 hexadecimal digits: the hash of the certificate's SubjectPublicKeyInfo.
std::string pin_of(const X509& certificate);
/// Whether a text has that form, in lower case.
bool is_pin(std::string_view text) noexcept;

/// The result of make_key_pair().
struct KeyPair {
    std::string pin;
    bool made = false;  ///< false: it already existed
};
/// Creates DIR/link.key (0600) and DIR/link.crt if they do not exist, each atomically; creates DIR
/// (0700) if needed. An existing key is checked and kept.
KeyPair make_key_pair(const std::filesystem::path& directory);

/// The pin of the key pair in the directory.
std::string read_pin(const std::filesystem::path& directory);

/// A key pair as the texts of its files, for a process that opens none.
struct KeyTexts {
    std::filesystem::path directory;  ///< for messages
    std::string key;
    std::string certificate;
    bool operator==(const KeyTexts&) const = default;
};
/// Refuses a key file that users other than its owner may read.
KeyTexts read_key_texts(const std::filesystem::path& directory);

/// For accept_link() and serve_link(): TLS 1.3 only, no resumption, and a peer whose key is one of
/// `pins`.
boost::asio::ssl::context make_tls_context(TlsSession::End end, const KeyTexts& own,
                                           const std::vector<std::string>& pins);
/// The same with the key pair in that directory.
boost::asio::ssl::context make_tls_context(TlsSession::End end,
                                           const std::filesystem::path& directory,
                                           const std::vector<std::string>& pins);
/// Which router a dialled TLS connection accepts: one with a key of `pins`, or one with a
/// certificate for `server_name` from an authority of `authorities`, certificates in PEM form.
struct DialledPeer {
    std::vector<std::string> pins;
    std::string authorities;
    std::string server_name;  ///< a host name or an IP address; also sent, if it is a name
};
/// For connect(): TLS 1.2 or 1.3, without a key of our own. Throws std::runtime_error with one
/// line.
boost::asio::ssl::context make_dial_context(const DialledPeer& peer);
/// The name to send in the handshake of a client; "" for none.
std::string_view server_name_of(const SSL_CTX* context) noexcept;

/// For `sallyport link invite`: as the server's of make_tls_context(), but every peer that has a
/// key is accepted. It has to prove something else before it is believed.
boost::asio::ssl::context make_pairing_context(const std::filesystem::path& directory);

}  // namespace sallyport::wamp
