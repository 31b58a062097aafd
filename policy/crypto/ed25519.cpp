#include "policy/crypto/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "policy/crypto/hash.h"
#include "wamp/base/base64.h"
#include "wamp/base/check.h"

namespace sallyport::policy::crypto {
namespace {

struct KeyDeleter {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
struct ContextDeleter {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

using Number = std::array<std::uint8_t, 32>;  // little-endian

// 2^255 - 19, the prime of the field.
constexpr Number prime{0xED, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                       0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                       0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F};
// 2^252 + 27742317777372353535851937790883648493, the order of the group.
constexpr Number order{0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7,
                       0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                       0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10};

// The y coordinates of the eight points whose order divides the cofactor; each belongs to a point
// and its negative, which differ only in the sign bit.
constexpr std::array<Number, 5> small_order{{
    {},      // order 4
    {0x01},  // the neutral element
    {0xEC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F},  // order 2
    {0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4,
     0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6,
     0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05},  // order 8
    {0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B,
     0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39,
     0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A},  // order 8
}};

// Only for public values, as the time depends on them.
bool is_below(const Number& a, const Number& b) noexcept {
    return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

bool is_sound_point(const Number& encoded) noexcept {
    Number ordinate = encoded;
    ordinate[31] &= 0x7FU;
    return is_below(ordinate, prime) &&
           std::find(small_order.begin(), small_order.end(), ordinate) == small_order.end();
}

const unsigned char* unsigned_bytes(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Key private_key(const SigningSeed& seed) noexcept {
    Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
    SALLYPORT_CHECK(key != nullptr);
    return key;
}

template <class Array>
std::optional<Array> array_of(const std::optional<std::string>& bytes) {
    Array out{};
    if (!bytes || bytes->size() != out.size()) return std::nullopt;
    std::transform(bytes->begin(), bytes->end(), out.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    return out;
}

}  // namespace

std::optional<PublicKey> parse_public_key(std::string_view hex) {
    if (hex.size() != 64) return std::nullopt;
    return array_of<PublicKey>(from_hex(hex));
}

std::optional<PublicKey> parse_openssh_key(std::string_view line) {
    constexpr std::string_view name = "ssh-ed25519 ";
    // The name and the key, each with a four-byte length in front (RFC 8709 section 4).
    constexpr std::string_view head("\0\0\0\x0Bssh-ed25519\0\0\0\x20", 19);
    if (!line.starts_with(name)) return std::nullopt;
    line.remove_prefix(name.size());
    auto bytes = wamp::from_base64(line.substr(0, line.find(' ')));
    if (!bytes || !bytes->starts_with(head)) return std::nullopt;
    return array_of<PublicKey>(bytes->substr(head.size()));
}

bool is_trustworthy(const PublicKey& key) noexcept {
    return is_sound_point(key);
}

bool verify(const PublicKey& key, std::string_view message, const Signature& signature) noexcept {
    Number commitment{};
    Number scalar{};
    std::copy_n(signature.begin(), 32, commitment.begin());
    std::copy_n(signature.begin() + 32, 32, scalar.begin());
    const bool sound = is_trustworthy(key) && is_sound_point(commitment) && is_below(scalar, order);
    const Key verifying(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
    const Context context(EVP_MD_CTX_new());
    SALLYPORT_CHECK(context != nullptr);
    const bool signed_by_key =
        verifying != nullptr &&
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, verifying.get()) == 1 &&
        EVP_DigestVerify(context.get(), signature.data(), signature.size(), unsigned_bytes(message),
                         message.size()) == 1;
    // A leftover error of OpenSSL would be attributed to the next TLS connection.
    if (!signed_by_key) ERR_clear_error();
    return signed_by_key && sound;
}

SigningSeed make_seed(wamp::Random& random) {
    SigningSeed seed{};
    random.fill(seed);
    return seed;
}

PublicKey public_key_of(const SigningSeed& seed) noexcept {
    PublicKey key{};
    std::size_t size = key.size();
    SALLYPORT_CHECK(EVP_PKEY_get_raw_public_key(private_key(seed).get(), key.data(), &size) == 1 &&
                    size == key.size());
    return key;
}

Signature sign(const SigningSeed& seed, std::string_view message) noexcept {
    Signature signature{};
    std::size_t size = signature.size();
    const Key key = private_key(seed);
    const Context context(EVP_MD_CTX_new());
    SALLYPORT_CHECK(context != nullptr);
    SALLYPORT_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
    SALLYPORT_CHECK(EVP_DigestSign(context.get(), signature.data(), &size, unsigned_bytes(message),
                                   message.size()) == 1 &&
                    size == signature.size());
    return signature;
}

}  // namespace sallyport::policy::crypto
