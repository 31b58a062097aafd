#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <openssl/types.h>
#include <boost/asio/ssl/context.hpp>

#include "wamp/net/tls_session.h"

// Keys of a link: self-signed, pinned on both ends, no authority and no names (architecture: Link).
// All of these are for a program's start: what goes wrong is thrown as std::runtime_error with one
// line that names the file and the cure.
namespace sallyport::wamp {

/// "sha256:" and 64 hexadecimal digits: the hash of the certificate's SubjectPublicKeyInfo.
std::string pin_of(const X509& certificate);
/// Whether a text has that form; capitals are no pin.
bool is_pin(std::string_view text) noexcept;

struct KeyPair {
    std::string pin;
    bool made = false;  ///< false: it was there already
};
/// Makes DIR/link.key (0600) and DIR/link.crt where they are absent, each put in place in one step;
/// DIR is made (0700) if need be. A key that is there is checked and kept.
KeyPair make_key_pair(const std::filesystem::path& directory);

/// The pin of the key pair that is in the directory.
std::string read_pin(const std::filesystem::path& directory);

/// For accept_link() and serve_link(): TLS 1.3 only, no resumption, and a peer whose key is one of
/// `pins`. Refuses a key file that others than its owner may read.
boost::asio::ssl::context make_tls_context(TlsSession::End end,
                                           const std::filesystem::path& directory,
                                           const std::vector<std::string>& pins);

}  // namespace sallyport::wamp
