#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::backend_link {

/// The address of a link or a local listener: `unix:/path` or `tcp:HOST:PORT`, `tcp:[IPV6]:PORT`.
struct Address {
    enum class Kind : std::uint8_t { unix_path, tcp };
    Kind kind = Kind::unix_path;
    std::string host_or_path;
    std::uint16_t port = 0;

    std::string text() const;
    bool operator==(const Address&) const = default;
};

/// The maximum length of a unix socket's path: sockaddr_un has 108 bytes with the final NUL. Tor
/// accepts a longer path without an error and never connects to it.
inline constexpr std::size_t unix_path_bytes_max = 107;

/// Parses an address; nothing if it is malformed. A unix path has at most unix_path_bytes_max
/// bytes.
std::optional<Address> parse_address(std::string_view text);

/// The scope of an IP address (4 or 16 bytes, network order). The gateway only dials and listens on
/// the first two (architecture: Link); an IPv4-mapped IPv6 address counts as the IPv4 address.
enum class Reach : std::uint8_t {
    loopback,  ///< 127/8, ::1
    local,     ///< private (RFC 1918), link-local (RFC 3927, fe80::/10), unique-local (fc00::/7)
    global,    ///< anything else, including the unspecified address and multicast
};
Reach reach_of(std::span<const std::uint8_t> ip) noexcept;
/// The reach of an IP address in text form, IPv6 with an optional zone; nothing for a host name.
std::optional<Reach> reach_of_literal(std::string_view host);

}  // namespace sallyport::backend_link
