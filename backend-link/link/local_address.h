#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::backend_link {

/// Where a link or a local listener is: `unix:/path` or `tcp:HOST:PORT`, `tcp:[IPV6]:PORT`.
struct Address {
    enum class Kind : std::uint8_t { unix_path, tcp };
    Kind kind = Kind::unix_path;
    std::string host_or_path;
    std::uint16_t port = 0;

    std::string text() const;
    bool operator==(const Address&) const = default;
};

/// Reads one; nothing if it is none. A unix path has at most 107 bytes.
std::optional<Address> parse_address(std::string_view text);

/// How far an IP address (4 or 16 bytes, network order) reaches. Only the first two are ever
/// dialled or listened on (architecture: Link); an IPv4-mapped IPv6 address counts as the IPv4 one.
enum class Reach : std::uint8_t {
    loopback,  ///< 127/8, ::1
    local,     ///< private (RFC 1918), link-local (RFC 3927, fe80::/10), unique-local (fc00::/7)
    global,    ///< anything else, the unspecified address and multicast too
};
Reach reach_of(std::span<const std::uint8_t> ip) noexcept;

}  // namespace sallyport::backend_link
