#include "wamp/framing/proxy_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include <arpa/inet.h>

namespace sallyport::wamp {
namespace {

constexpr std::string_view line_start = "PROXY TCP6 ";
constexpr std::array<std::uint8_t, 12> tor_network = {0xFC, 0x00, 0xDE, 0xAD, 0xBE, 0xEF,
                                                      0x4D, 0xAD, 0x00, 0x00, 0x00, 0x00};
using Ip6 = std::array<std::uint8_t, 16>;

std::string_view take_word(std::string_view& rest) noexcept {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

std::optional<Ip6> parse_ip6(std::string_view text) noexcept {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.empty() || text.size() >= terminated.size()) return std::nullopt;
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    std::copy(text.begin(), text.end(), terminated.begin());
    Ip6 ip{};
    if (inet_pton(AF_INET6, terminated.data(), ip.data()) != 1) return std::nullopt;
    return ip;
}

bool is_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

ProxyLine read_proxy_line(std::string_view bytes) noexcept {
    constexpr ProxyLine malformed{ProxyLine::Kind::malformed, 0, 0};
    const std::size_t known = std::min(bytes.size(), line_start.size());
    if (bytes.substr(0, known) != line_start.substr(0, known)) return malformed;

    const std::string_view window = bytes.substr(0, ProxyLine::bytes_max);
    const std::size_t end = window.find('\n');
    if (end == std::string_view::npos) {
        return window.size() == ProxyLine::bytes_max ? malformed : ProxyLine{};
    }
    if (end < line_start.size() || window[end - 1] != '\r') return malformed;

    std::string_view rest = window.substr(line_start.size(), end - 1 - line_start.size());
    if (std::count(rest.begin(), rest.end(), ' ') != 3) return malformed;
    const auto source = parse_ip6(take_word(rest));
    const auto destination = parse_ip6(take_word(rest));
    const std::string_view source_port = take_word(rest);
    if (!source || !destination || !is_port(source_port) || !is_port(rest)) return malformed;
    if (!std::equal(tor_network.begin(), tor_network.end(), source->begin())) return malformed;

    std::uint32_t circuit = 0;
    for (std::size_t i = tor_network.size(); i < source->size(); ++i) {
        circuit = (circuit << 8) | (*source)[i];
    }
    return {ProxyLine::Kind::complete, end + 1, circuit};
}

}  // namespace sallyport::wamp
