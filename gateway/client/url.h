#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend-link/link/local_address.h"

namespace sallyport::gateway {

/// Where a client command connects to: ws://host[:port]/path, rs://host[:port], ws+unix:/path,
/// rs+unix:/path.
struct ClientUrl {
    static constexpr std::uint16_t websocket_port = 80;
    static constexpr std::uint16_t rawsocket_port = 8080;

    bool websocket = false;
    backend_link::Address address;  ///< may be any host, unlike the address of a link
    std::string path = "/";         ///< of the HTTP upgrade

    bool is_onion() const noexcept;
    /// The value of the Host header.
    std::string host_header() const;
};

/// Throws std::invalid_argument with the error and the correct form.
ClientUrl parse_client_url(std::string_view text);

/// HOST:PORT or unix:/path of a SOCKS proxy. Throws std::invalid_argument.
backend_link::Address parse_socks_address(std::string_view text);

}  // namespace sallyport::gateway
