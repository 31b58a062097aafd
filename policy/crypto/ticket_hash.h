#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/crypto/hash.h"
#include "wamp/base/random.h"

namespace sallyport::policy::crypto {

/// Limits for the work of PBKDF2. An attempt with a chosen ticket takes this time however it ends
/// (W-AUT-04): 100,000 iterations take 50 to 100 ms on a small machine. Random tickets need no
/// iterations.
inline constexpr std::uint32_t iterations_min = 10'000;
inline constexpr std::uint32_t iterations_max = 100'000;
inline constexpr std::uint32_t iterations_default = 50'000;

inline constexpr std::size_t salt_bytes_min = 16;
inline constexpr std::size_t salt_bytes_max = 48;
/// A longer ticket never matches.
inline constexpr std::size_t ticket_bytes_max = 1024;

/// A ticket as stored. Written `sha256$<salt>$<hash>` for a random 256-bit ticket, which cannot be
/// guessed, or `pbkdf2-sha256$<iterations>$<salt>$<hash>` for one that a person chose; salt and
/// hash in hex.
struct TicketHash {
    std::uint32_t iterations = 0;  ///< 0: SHA-256 of salt and ticket
    std::string salt;              ///< bytes
    Digest digest{};

    bool operator==(const TicketHash&) const = default;
};

std::optional<TicketHash> parse_ticket_hash(std::string_view text);
std::string to_string(const TicketHash& hash);
/// The iterations of a stored hash, even if they are out of range; for messages.
std::optional<std::uint32_t> ticket_iterations(std::string_view text) noexcept;

/// A random ticket: 64 hexadecimal digits.
std::string make_ticket(wamp::Random& random);
/// `iterations` is 0 for a random ticket.
TicketHash hash_ticket(std::string_view ticket, std::uint32_t iterations, wamp::Random& random);

/// Whether `ticket` matches `stored`; false for null, an unknown principal. Does the same work for
/// any `stored` and any outcome: one SHA-256, and `iterations` of PBKDF2, the largest number of any
/// ticket of the realm (W-AUT-04).
bool verify_ticket(const TicketHash* stored, std::string_view ticket,
                   std::uint32_t iterations) noexcept;

}  // namespace sallyport::policy::crypto
