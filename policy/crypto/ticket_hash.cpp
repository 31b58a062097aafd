#include "policy/crypto/ticket_hash.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "wamp/base/check.h"

namespace sallyport::policy::crypto {
namespace {

constexpr std::string_view sha256_name = "sha256";
constexpr std::string_view pbkdf2_name = "pbkdf2-sha256";
constexpr std::string_view unknown_principal_salt = "no such principal, same work";

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> fields;
    while (true) {
        const std::size_t end = text.find('$');
        fields.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return fields;
        text.remove_prefix(end + 1);
    }
}

std::optional<std::uint32_t> parse_number(std::string_view text) noexcept {
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end) return std::nullopt;
    return number;
}

}  // namespace

std::optional<std::uint32_t> ticket_iterations(std::string_view text) noexcept {
    if (!text.starts_with(pbkdf2_name)) return std::nullopt;
    text.remove_prefix(pbkdf2_name.size());
    if (!text.starts_with('$')) return std::nullopt;
    text.remove_prefix(1);
    return parse_number(text.substr(0, text.find('$')));
}

std::optional<TicketHash> parse_ticket_hash(std::string_view text) {
    TicketHash hash;
    std::vector<std::string_view> fields = split(text);
    if (fields.size() == 4 && fields[0] == pbkdf2_name) {
        const auto iterations = parse_number(fields[1]);
        if (!iterations || *iterations < iterations_min || *iterations > iterations_max)
            return std::nullopt;
        hash.iterations = *iterations;
        fields.erase(fields.begin() + 1);
    } else if (fields.size() != 3 || fields[0] != sha256_name) {
        return std::nullopt;
    }
    auto salt = from_hex(fields[1]);
    const auto digest = from_hex(fields[2]);
    if (!salt || salt->size() < salt_bytes_min || salt->size() > salt_bytes_max)
        return std::nullopt;
    if (!digest || digest->size() != hash.digest.size()) return std::nullopt;
    hash.salt = *std::move(salt);
    std::transform(digest->begin(), digest->end(), hash.digest.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    return hash;
}

std::string to_string(const TicketHash& hash) {
    std::string text(hash.iterations == 0 ? sha256_name : pbkdf2_name);
    if (hash.iterations != 0) text += "$" + std::to_string(hash.iterations);
    return text + "$" + to_hex(hash.salt) + "$" + to_hex(hash.digest);
}

std::string make_ticket(wamp::Random& random) {
    std::array<std::uint8_t, 32> bytes{};
    random.fill(bytes);
    return to_hex(bytes);
}

TicketHash hash_ticket(std::string_view ticket, std::uint32_t iterations, wamp::Random& random) {
    SALLYPORT_CHECK(ticket.size() <= ticket_bytes_max);
    std::array<std::uint8_t, salt_bytes_min> salt{};
    random.fill(salt);
    TicketHash hash;
    hash.iterations = iterations;
    hash.salt.assign(salt.begin(), salt.end());
    hash.digest =
        iterations == 0 ? sha256(hash.salt, ticket) : pbkdf2_sha256(ticket, hash.salt, iterations);
    return hash;
}

bool verify_ticket(const TicketHash* stored, std::string_view ticket,
                   std::uint32_t iterations) noexcept {
    const bool fits = ticket.size() <= ticket_bytes_max;
    if (!fits) ticket = {};
    const std::string_view salt =
        stored != nullptr ? std::string_view(stored->salt) : unknown_principal_salt;
    Digest answer = sha256(salt, ticket);
    const std::uint32_t own = stored != nullptr ? stored->iterations : 0;
    if (own > 0) answer = pbkdf2_sha256(ticket, salt, own);
    // Spend the iterations that the stored ticket does not need as well.
    if (iterations > own) static_cast<void>(pbkdf2_sha256(ticket, salt, iterations - own));
    static const Digest nobodys_digest{};
    const bool same = equal(answer, stored != nullptr ? stored->digest : nobodys_digest);
    return same && fits && stored != nullptr;
}

}  // namespace sallyport::policy::crypto
