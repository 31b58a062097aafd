#include "gateway/client/url.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace sallyport::gateway {
namespace {

using backend_link::Address;

constexpr std::string_view onion_end = ".onion";
constexpr std::size_t onion_label_bytes = 56;  // of version 3, the only one left

[[noreturn]] void refuse(std::string_view text, std::string_view what) {
    throw std::invalid_argument(std::string(text) + ": " + std::string(what));
}

bool take_prefix(std::string_view& rest, std::string_view prefix) {
    if (!rest.starts_with(prefix)) return false;
    rest.remove_prefix(prefix.size());
    return true;
}

// host, host:port, [ip6], [ip6]:port
Address parse_authority(std::string_view url, std::string_view authority,
                        std::uint16_t port_otherwise) {
    const std::size_t after_ip6 = authority.starts_with('[') ? authority.find(']') : 0;
    const bool has_port = after_ip6 != std::string_view::npos &&
                          authority.find(':', after_ip6) != std::string_view::npos;
    std::string whole = "tcp:" + std::string(authority);
    if (!has_port) whole += ":" + std::to_string(port_otherwise);
    const std::optional<Address> address = backend_link::parse_address(whole);
    if (!address) refuse(url, "no host, or an invalid port");
    return *address;
}

void check_onion(std::string_view url, std::string_view host) {
    host.remove_suffix(onion_end.size());
    const std::size_t dot = host.rfind('.');
    const std::string_view label = dot == std::string_view::npos ? host : host.substr(dot + 1);
    const bool base32 =
        label.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ234567") ==
        std::string_view::npos;
    if (label.size() != onion_label_bytes || !base32) {
        refuse(url, "not an onion address: one has 56 letters and digits 2 to 7 before .onion");
    }
}

}  // namespace

bool ClientUrl::is_onion() const noexcept {
    return address.kind == Address::Kind::tcp && address.host_or_path.ends_with(onion_end);
}

std::string ClientUrl::host_header() const {
    if (address.kind == Address::Kind::unix_path) return "localhost";
    const bool ip6 = address.host_or_path.find(':') != std::string::npos;
    std::string host = ip6 ? "[" + address.host_or_path + "]" : address.host_or_path;
    if (address.port != websocket_port) host += ":" + std::to_string(address.port);
    return host;
}

ClientUrl parse_client_url(std::string_view text) {
    ClientUrl url;
    std::string_view rest = text;
    if (take_prefix(rest, "wss://") || take_prefix(rest, "rss://")) {
        refuse(text, "TLS is not offered; an onion service needs none, use ws://");
    }
    const bool websocket_unix = take_prefix(rest, "ws+unix:");
    if (websocket_unix || take_prefix(rest, "rs+unix:")) {
        url.websocket = websocket_unix;
        const auto address = backend_link::parse_address("unix:" + std::string(rest));
        if (!address) refuse(text, "no socket path, or one of more than 107 bytes");
        url.address = *address;
        return url;
    }
    url.websocket = take_prefix(rest, "ws://");
    if (!url.websocket && !take_prefix(rest, "rs://")) {
        refuse(text,
               "not a URL: use ws://HOST[:PORT]/PATH, rs://HOST[:PORT], ws+unix:/PATH or "
               "rs+unix:/PATH");
    }
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    url.address =
        parse_authority(text, rest.substr(0, slash),
                        url.websocket ? ClientUrl::websocket_port : ClientUrl::rawsocket_port);
    const std::string_view path = rest.substr(slash);
    if (!url.websocket && path.size() > 1) refuse(text, "rs:// has no path");
    for (char octet : path) {
        if (octet <= ' ' || octet > '~')
            refuse(text, "characters in the path that are not allowed in a URL");
    }
    if (!path.empty()) url.path = path;
    if (url.is_onion()) check_onion(text, url.address.host_or_path);
    return url;
}

Address parse_socks_address(std::string_view text) {
    const bool is_unix = text.starts_with("unix:");
    const auto address =
        backend_link::parse_address(is_unix ? std::string(text) : "tcp:" + std::string(text));
    if (!address) refuse(text, "not a SOCKS proxy: use HOST:PORT or unix:/PATH");
    return *address;
}

}  // namespace sallyport::gateway
