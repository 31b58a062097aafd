#include "policy/crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

#include "wamp/base/check.h"

namespace sallyport::policy::crypto {
namespace {

struct ContextDeleter {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

int digit_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

template <class Bytes>
std::string hex_of(const Bytes& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto element : bytes) {
        const auto byte = static_cast<std::uint8_t>(element);
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

// Any object may be read as unsigned char, which is how OpenSSL takes bytes.
const unsigned char* unsigned_bytes(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

void derive(std::string_view secret, std::string_view salt, std::uint32_t iterations,
            std::span<std::uint8_t> key) noexcept {
    SALLYPORT_CHECK(PKCS5_PBKDF2_HMAC(secret.data(), static_cast<int>(secret.size()),
                                      unsigned_bytes(salt), static_cast<int>(salt.size()),
                                      static_cast<int>(iterations), EVP_sha256(),
                                      static_cast<int>(key.size()), key.data()) == 1);
}

}  // namespace

Digest sha256(std::string_view first, std::string_view second) noexcept {
    Digest digest{};
    unsigned int size = 0;
    const std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
    SALLYPORT_CHECK(context != nullptr);
    SALLYPORT_CHECK(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
    SALLYPORT_CHECK(EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1);
    SALLYPORT_CHECK(EVP_DigestUpdate(context.get(), second.data(), second.size()) == 1);
    SALLYPORT_CHECK(EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1 &&
                    size == digest.size());
    return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view text) noexcept {
    Digest digest{};
    unsigned int size = 0;
    const std::string_view some_key =
        key.empty() ? std::string_view("\0", 1) : key;  // the same MAC
    SALLYPORT_CHECK(HMAC(EVP_sha256(), some_key.data(), static_cast<int>(some_key.size()),
                         unsigned_bytes(text), text.size(), digest.data(), &size) != nullptr &&
                    size == digest.size());
    return digest;
}

Digest pbkdf2_sha256(std::string_view secret, std::string_view salt,
                     std::uint32_t iterations) noexcept {
    Digest digest{};
    derive(secret, salt, iterations, digest);
    return digest;
}

std::string pbkdf2_sha256(std::string_view secret, std::string_view salt, std::uint32_t iterations,
                          std::size_t bytes) {
    std::array<std::uint8_t, 64> key{};
    SALLYPORT_CHECK(bytes >= 1 && bytes <= key.size());
    derive(secret, salt, iterations, std::span(key).first(bytes));
    return {key.begin(), key.begin() + static_cast<std::ptrdiff_t>(bytes)};
}

bool equal(const Digest& a, const Digest& b) noexcept {
    return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool equal(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view as_text(const Digest& digest) noexcept {
    // Any object may be read as char.
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    return hex_of(bytes);
}
std::string to_hex(std::string_view bytes) {
    return hex_of(bytes);
}

std::optional<std::string> from_hex(std::string_view digits) {
    if (digits.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(digits.size() / 2);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = digit_value(digits[i]);
        const int low = digit_value(digits[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

std::string sha256_hex(std::string_view text) {
    return to_hex(sha256(text));
}

}  // namespace sallyport::policy::crypto
