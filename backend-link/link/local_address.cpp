#include "backend-link/link/local_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace sallyport::backend_link {
namespace {

constexpr std::size_t host_bytes_max = 253;

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    // No sign and no leading zero, so that each address has one spelling.
    if (text.empty() || text.front() == '0') return std::nullopt;
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return port;
}

bool is_host_character(char character) noexcept {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '.' || character == '-' ||
           character == '_';
}

// An IPv6 literal, perhaps with a zone. It is checked when it is used.
bool is_bracketed_character(char character) noexcept {
    return is_host_character(character) || character == ':' || character == '%';
}

std::optional<Address> parse_tcp(std::string_view text) {
    std::string_view host;
    std::string_view port;
    const bool bracketed = text.starts_with('[');
    if (bracketed) {
        const std::size_t end = text.find("]:");
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        port = text.substr(end + 2);
        if (host.find(':') == std::string_view::npos) return std::nullopt;
    } else {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    const auto fits = bracketed ? is_bracketed_character : is_host_character;
    if (host.empty() || host.size() > host_bytes_max) return std::nullopt;
    if (!std::all_of(host.begin(), host.end(), fits)) return std::nullopt;
    const std::optional<std::uint16_t> number = parse_port(port);
    if (!number) return std::nullopt;
    return Address{Address::Kind::tcp, std::string(host), *number};
}

std::optional<Address> parse_unix(std::string_view path) {
    if (path.empty() || path.size() > unix_path_bytes_max) return std::nullopt;
    if (path.find('\0') != std::string_view::npos) return std::nullopt;
    return Address{Address::Kind::unix_path, std::string(path), 0};
}

Reach reach_of_v4(std::span<const std::uint8_t> ip) noexcept {
    if (ip[0] == 127) return Reach::loopback;
    const bool is_private =
        ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xF0) == 16) || (ip[0] == 192 && ip[1] == 168);
    const bool is_link_local = ip[0] == 169 && ip[1] == 254;
    return is_private || is_link_local ? Reach::local : Reach::global;
}

bool all_zero(std::span<const std::uint8_t> bytes) noexcept {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::string Address::text() const {
    switch (kind) {
        case Kind::unix_path:
            return "unix:" + host_or_path;
        case Kind::tcp:
            break;
    }
    const bool bracketed = host_or_path.find(':') != std::string::npos;
    const std::string host = bracketed ? '[' + host_or_path + ']' : host_or_path;
    return "tcp:" + host + ':' + std::to_string(port);
}

std::optional<Address> parse_address(std::string_view text) {
    constexpr std::string_view unix_prefix = "unix:";
    constexpr std::string_view tcp_prefix = "tcp:";
    if (text.starts_with(unix_prefix)) return parse_unix(text.substr(unix_prefix.size()));
    if (text.starts_with(tcp_prefix)) return parse_tcp(text.substr(tcp_prefix.size()));
    return std::nullopt;
}

Reach reach_of(std::span<const std::uint8_t> ip) noexcept {
    constexpr std::size_t v4_bytes = 4;
    constexpr std::size_t v6_bytes = 16;
    if (ip.size() == v4_bytes) return reach_of_v4(ip);
    if (ip.size() != v6_bytes) return Reach::global;
    if (all_zero(ip.first(10)) && ip[10] == 0xFF && ip[11] == 0xFF) return reach_of_v4(ip.last(4));
    if (all_zero(ip.first(15)) && ip[15] == 1) return Reach::loopback;
    if (ip[0] == 0xFE && (ip[1] & 0xC0) == 0x80) return Reach::local;
    if ((ip[0] & 0xFE) == 0xFC) return Reach::local;
    return Reach::global;
}

std::optional<Reach> reach_of_literal(std::string_view host) {
    std::array<std::uint8_t, 16> ip{};
    const std::string text(host.substr(0, host.find('%')));
    if (::inet_pton(AF_INET6, text.c_str(), ip.data()) == 1) return reach_of(ip);
    if (::inet_pton(AF_INET, std::string(host).c_str(), ip.data()) != 1) return std::nullopt;
    return reach_of(std::span(ip).first<4>());
}

}  // namespace sallyport::backend_link
