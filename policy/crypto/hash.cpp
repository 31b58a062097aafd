#include "policy/crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>
#include <vector>

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

Digest pbkdf2_sha256(std::string_view secret, std::string_view salt,
                     std::uint32_t iterations) noexcept {
    Digest digest{};
    // OpenSSL takes the salt as unsigned bytes.
    const std::vector<unsigned char> salt_bytes(salt.begin(), salt.end());
    SALLYPORT_CHECK(PKCS5_PBKDF2_HMAC(secret.data(), static_cast<int>(secret.size()),
                                      salt_bytes.data(), static_cast<int>(salt_bytes.size()),
                                      static_cast<int>(iterations), EVP_sha256(),
                                      static_cast<int>(digest.size()), digest.data()) == 1);
    return digest;
}

bool equal(const Digest& a, const Digest& b) noexcept {
    return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
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
