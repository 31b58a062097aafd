#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wamp/message/payload.h"

namespace sallyport::wamp {

/// One entry of a list of subprotocols, as in Sec-WebSocket-Protocol.
struct Subprotocol {
    Serializer serializer;
    bool batched;  ///< W-BAT-01
    std::string_view name;
};

/// The one that is not batched.
const Subprotocol& subprotocol_of(Serializer serializer) noexcept;
/// The first entry of the client's list that is spoken here, or null (W-WS-04).
const Subprotocol* choose_subprotocol(std::string_view offered) noexcept;

/// The head of a client's HTTP request to become a WebSocket (RFC 9112, RFC 6455 §4.2.1), checked
/// completely: request line, version, every header line, Host, no body, Upgrade, Connection,
/// Sec-WebSocket-Version, Sec-WebSocket-Key and Sec-WebSocket-Protocol.
struct HttpUpgrade {
    /// Of the head with its empty line. A longer one is refused before its end has come.
    static constexpr std::size_t bytes_max = 8192;
    static constexpr std::string_view end = "\r\n\r\n";

    /// The whole answer to a request that is refused; empty if it is accepted. Each is one fixed
    /// text: a status line, the header lines that the status requires, and nothing that names a
    /// program, a time or a reason.
    std::string_view refusal;
    std::string_view why;  ///< of the refusal, for the log
    std::string key;       ///< Sec-WebSocket-Key: 16 bytes in base64
    const Subprotocol* subprotocol = nullptr;
};

/// `head` ends with HttpUpgrade::end. `tells_browsers`: the refusal of a request without Upgrade
/// that accepts text/html has a page for a person, which says that this is an endpoint of WAMP.
HttpUpgrade read_http_upgrade(std::string_view head, bool tells_browsers = false);
/// For a head that does not end within HttpUpgrade::bytes_max.
HttpUpgrade too_long_http_upgrade() noexcept;

}  // namespace sallyport::wamp
