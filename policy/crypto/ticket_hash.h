#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/crypto/hash.h"
#include "wamp/base/random.h"

namespace sallyport::policy::crypto {

/// Bounds of PBKDF2's work. It is done on the thread that serves everybody, so a chosen ticket
/// costs all of them up to its time at each attempt (W-AUT-04): 100,000 iterations take 50 to
/// 100 ms on a small machine. Random tickets need none of it.
inline constexpr std::uint32_t iterations_min = 10'000;
inline constexpr std::uint32_t iterations_max = 100'000;
inline constexpr std::uint32_t iterations_default = 50'000;

inline constexpr std::size_t salt_bytes_min = 16;
inline constexpr std::size_t salt_bytes_max = 48;
/// A longer ticket is a wrong one.
inline constexpr std::size_t ticket_bytes_max = 1024;

/// A ticket as it is stored. Written `sha256$<salt>$<hash>` for a random 256-bit ticket, which
/// nobody can guess, or `pbkdf2-sha256$<iterations>$<salt>$<hash>` for one that a person chose;
/// salt and hash in hex.
struct TicketHash {
    std::uint32_t iterations = 0;  ///< 0: plain SHA-256 over salt and ticket
    std::string salt;              ///< bytes
    Digest digest{};

    bool operator==(const TicketHash&) const = default;
};

std::optional<TicketHash> parse_ticket_hash(std::string_view text);
std::string to_string(const TicketHash& hash);
/// What a hash with PBKDF2 costs, also where that is out of bounds; for messages.
std::optional<std::uint32_t> ticket_iterations(std::string_view text) noexcept;

/// A random ticket: 64 hexadecimal digits.
std::string make_ticket(wamp::Random& random);
/// `iterations` 0 for a random ticket.
TicketHash hash_ticket(std::string_view ticket, std::uint32_t iterations, wamp::Random& random);

/// Whether `ticket` is the one of `stored`; false for null, an unknown principal. Costs the same
/// work for any `stored` and any outcome: one SHA-256, and `iterations` of PBKDF2, which is the
/// largest number that any ticket of the realm has (W-AUT-04).
bool verify_ticket(const TicketHash* stored, std::string_view ticket,
                   std::uint32_t iterations) noexcept;

}  // namespace sallyport::policy::crypto
