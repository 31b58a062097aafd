#include "wamp/net/tls_context.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace sallyport::wamp {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t pin_digits = 64;

struct Free {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Bio = std::unique_ptr<BIO, Free>;
using Pins = std::vector<std::string>;

[[noreturn]] void refuse(const fs::path& file, std::string_view what) {
    throw std::runtime_error(file.string() + ": " + std::string(what));
}
[[noreturn]] void refuse_errno(const fs::path& file, std::string_view what) {
    const int error = errno;
    refuse(file, std::string(what) + ": " + std::strerror(error));
}
[[noreturn]] void refuse_openssl(std::string_view what) {
    const char* reason = ERR_reason_error_string(ERR_get_error());
    throw std::runtime_error(std::string(what) + ": " +
                             (reason != nullptr ? reason : "failed in OpenSSL"));
}

std::string read_whole(const fs::path& file, bool secret) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) refuse_errno(file, "cannot be read (make it with `sallyport link pair`)");
    struct stat status{};
    std::string text;
    std::array<char, 4096> block;
    ssize_t count = ::fstat(fd, &status);
    const bool exposed = secret && (status.st_mode & 077) != 0;
    while (count >= 0 && !exposed && text.size() < (1u << 16) &&
           (count = ::read(fd, block.data(), block.size())) > 0) {
        text.append(block.data(), static_cast<std::size_t>(count));
    }
    const int error = errno;
    ::close(fd);
    errno = error;
    if (exposed)
        refuse(file, "users other than its owner can read this key; run `chmod 600` on it");
    if (count < 0) refuse_errno(file, "cannot be read");
    return text;
}

// Replaces the file atomically: a crash leaves the old file or the new one, and a reader never sees
// half of it.
void write_atomically(const fs::path& file, std::string_view text, mode_t mode) {
    const fs::path draft = file.string() + ".new";
    const int fd =
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) refuse_errno(draft, "cannot be written");
    const bool written =
        ::fchmod(fd, mode) == 0 &&
        ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(fd) == 0;
    const int error = errno;
    ::close(fd);
    errno = error;
    if (!written || ::rename(draft.c_str(), file.c_str()) != 0)
        refuse_errno(file, "cannot be written");
}

Bio memory_of(std::string_view text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(const Bio& bio) {
    char* text = nullptr;
    const long bytes = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(bytes)};
}

Key parse_key(const fs::path& file, std::string_view text) {
    Key key(PEM_read_bio_PrivateKey(memory_of(text).get(), nullptr, nullptr, nullptr));
    if (!key) refuse(file, "is not a private key in PEM form");
    return key;
}

Key read_key(const fs::path& file) {
    return parse_key(file, read_whole(file, true));
}

Certificate parse_certificate(const fs::path& file, std::string_view text) {
    Certificate certificate(PEM_read_bio_X509(memory_of(text).get(), nullptr, nullptr, nullptr));
    if (!certificate) refuse(file, "is not a certificate in PEM form");
    return certificate;
}

Certificate read_certificate(const fs::path& file) {
    return parse_certificate(file, read_whole(file, false));
}

// The certificate has no name and does not expire: only the pin is checked.
Certificate self_signed(EVP_PKEY* key) {
    Certificate certificate(X509_new());
    std::array<unsigned char, 8> serial{};
    X509_NAME* name = certificate ? X509_get_subject_name(certificate.get()) : nullptr;
    const auto* label = reinterpret_cast<const unsigned char*>("sallyport link");
    const bool made =
        name != nullptr && RAND_bytes(serial.data(), serial.size()) == 1 &&
        X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, label, -1, -1, 0) == 1 &&
        X509_set_issuer_name(certificate.get(), name) == 1 &&
        ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()), "20000101000000Z") == 1 &&
        ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), "99991231235959Z") == 1 &&
        X509_set_pubkey(certificate.get(), key) == 1;
    if (!made) refuse_openssl("certificate");
    std::uint64_t number = 0;
    for (unsigned char octet : serial) number = (number << 8) | octet;
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), number >> 1);
    if (X509_sign(certificate.get(), key, nullptr) == 0) refuse_openssl("certificate");
    return certificate;
}

Key make_key(const fs::path& file) {
    Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    const Bio bio(BIO_new(BIO_s_mem()));
    if (!key || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                         nullptr) != 1) {
        refuse_openssl("key");
    }
    write_atomically(file, text_of(bio), 0600);
    return key;
}

void make_directory(const fs::path& directory) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        refuse_errno(directory, "cannot be created");
}

int pins_index() {
    static const int index = SSL_CTX_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* held, CRYPTO_EX_DATA*, int, long, void*) {
            delete static_cast<Pins*>(held);
        });
    return index;
}

int server_name_index() {
    static const int index = SSL_CTX_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* held, CRYPTO_EX_DATA*, int, long, void*) {
            delete static_cast<std::string*>(held);
        });
    return index;
}

// The only check: the key that the peer proves to have is one of the pinned keys. The session is
// told the pin (TlsSession), so that the failure can name it.
int verify_pin(X509_STORE_CTX* store, void* pins) {
    const X509* certificate = X509_STORE_CTX_get0_cert(store);
    const std::string pin = certificate == nullptr ? std::string() : pin_of(*certificate);
    const bool known = std::ranges::count(*static_cast<const Pins*>(pins), pin) > 0;
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    if (!known && ssl != nullptr && SSL_get_app_data(ssl) != nullptr)
        *static_cast<std::string*>(SSL_get_app_data(ssl)) = pin;
    X509_STORE_CTX_set_error(store, known ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
    return known ? 1 : 0;
}

/// The caller decides which peers are accepted.
boost::asio::ssl::context make_context(TlsSession::End end, const KeyTexts& own) {
    const Key key = parse_key(own.directory / "link.key", own.key);
    const Certificate certificate = parse_certificate(own.directory / "link.crt", own.certificate);
    boost::asio::ssl::context context(end == TlsSession::End::server
                                          ? boost::asio::ssl::context::tls_server
                                          : boost::asio::ssl::context::tls_client);
    SSL_CTX* native = context.native_handle();
    const bool made = SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION) == 1 &&
                      SSL_CTX_set_max_proto_version(native, TLS1_3_VERSION) == 1 &&
                      SSL_CTX_use_certificate(native, certificate.get()) == 1 &&
                      SSL_CTX_set_num_tickets(native, 0) == 1;
    if (!made) refuse_openssl("TLS context");
    if (SSL_CTX_use_PrivateKey(native, key.get()) != 1 || SSL_CTX_check_private_key(native) != 1)
        refuse(own.directory / "link.crt", "does not belong to link.key beside it");
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return context;
}

void pin(SSL_CTX* context, const Pins& pins) {
    auto held = std::make_unique<Pins>(pins);
    if (SSL_CTX_set_ex_data(context, pins_index(), held.get()) != 1) refuse_openssl("TLS context");
    // Owned by the ex_data of the context.
    SSL_CTX_set_cert_verify_callback(context, verify_pin, held.release());
}

void trust(SSL_CTX* context, const std::string& authorities, const std::string& server_name) {
    const Bio bio = memory_of(authorities);
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    std::size_t count = 0;
    for (;; ++count) {
        const Certificate one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
        if (!one) break;
        if (X509_STORE_add_cert(store, one.get()) != 1) refuse_openssl("certificate");
    }
    ERR_clear_error();  // of reading behind the last one
    if (count == 0) throw std::runtime_error("there is no certificate in PEM form in it");
    X509_VERIFY_PARAM* const checks = SSL_CTX_get0_param(context);
    if (X509_VERIFY_PARAM_set1_ip_asc(checks, server_name.c_str()) == 1) return;
    X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_host(checks, server_name.c_str(), server_name.size()) != 1)
        refuse_openssl("server name");
    auto held = std::make_unique<std::string>(server_name);
    if (SSL_CTX_set_ex_data(context, server_name_index(), held.get()) != 1)
        refuse_openssl("TLS context");
    static_cast<void>(held.release());  // owned by the ex_data of the context
}

}  // namespace

std::string pin_of(const X509& certificate) {
    unsigned char* encoded = nullptr;
    const int bytes = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &encoded);
    if (bytes <= 0) refuse_openssl("pin");
    std::array<unsigned char, 32> digest{};
    unsigned int digest_bytes = 0;
    const int hashed = EVP_Digest(encoded, static_cast<std::size_t>(bytes), digest.data(),
                                  &digest_bytes, EVP_sha256(), nullptr);
    OPENSSL_free(encoded);
    if (hashed != 1) refuse_openssl("pin");
    constexpr std::string_view digits = "0123456789abcdef";
    std::string pin(pin_start);
    for (unsigned char octet : digest) {
        pin += digits[octet >> 4];
        pin += digits[octet & 0xF];
    }
    return pin;
}

bool is_pin(std::string_view text) noexcept {
    return text.size() == pin_start.size() + pin_digits && text.starts_with(pin_start) &&
           text.find_first_not_of("0123456789abcdef", pin_start.size()) == std::string_view::npos;
}

KeyPair make_key_pair(const fs::path& directory) {
    make_directory(directory);
    const fs::path key_file = directory / "link.key";
    const fs::path certificate_file = directory / "link.crt";
    KeyPair pair;
    std::error_code none;
    Key key;
    if (fs::exists(key_file, none)) {
        key = read_key(key_file);
    } else {
        key = make_key(key_file);
        pair.made = true;
    }
    // A certificate of another key remains from a deleted key.
    Certificate certificate;
    if (fs::exists(certificate_file, none)) certificate = read_certificate(certificate_file);
    if (!certificate || X509_check_private_key(certificate.get(), key.get()) != 1) {
        if (certificate && !pair.made)
            refuse(certificate_file,
                   "does not belong to link.key beside it; delete it, and a new one is created");
        certificate = self_signed(key.get());
        const Bio bio(BIO_new(BIO_s_mem()));
        if (PEM_write_bio_X509(bio.get(), certificate.get()) != 1) refuse_openssl("certificate");
        write_atomically(certificate_file, text_of(bio), 0644);
    }
    pair.pin = pin_of(*certificate);
    return pair;
}

std::string read_pin(const fs::path& directory) {
    return pin_of(*read_certificate(directory / "link.crt"));
}

KeyTexts read_key_texts(const fs::path& directory) {
    return {directory, read_whole(directory / "link.key", true),
            read_whole(directory / "link.crt", false)};
}

boost::asio::ssl::context make_tls_context(TlsSession::End end, const fs::path& directory,
                                           const Pins& pins) {
    return make_tls_context(end, read_key_texts(directory), pins);
}

boost::asio::ssl::context make_tls_context(TlsSession::End end, const KeyTexts& own,
                                           const Pins& pins) {
    if (pins.empty()) throw std::runtime_error("a link over TCP needs the peer's pin (peer_pin)");
    for (const std::string& pin : pins) {
        if (!is_pin(pin))
            throw std::runtime_error(pin + ": not a pin; use sha256: and 64 hexadecimal digits");
    }
    auto context = make_context(end, own);
    pin(context.native_handle(), pins);
    return context;
}

boost::asio::ssl::context make_dial_context(const DialledPeer& peer) {
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
    SSL_CTX* native = context.native_handle();
    if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1) refuse_openssl("TLS context");
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    if (peer.pins.empty()) {
        trust(native, peer.authorities, peer.server_name);
    } else {
        pin(native, peer.pins);
    }
    return context;
}

std::string_view server_name_of(const SSL_CTX* context) noexcept {
    const auto* const name =
        static_cast<const std::string*>(SSL_CTX_get_ex_data(context, server_name_index()));
    return name == nullptr ? std::string_view() : std::string_view(*name);
}

boost::asio::ssl::context make_pairing_context(const fs::path& directory) {
    auto context = make_context(TlsSession::End::server, read_key_texts(directory));
    const auto any_key = [](X509_STORE_CTX* store, void*) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    };
    SSL_CTX_set_cert_verify_callback(context.native_handle(), any_key, nullptr);
    return context;
}

}  // namespace sallyport::wamp
