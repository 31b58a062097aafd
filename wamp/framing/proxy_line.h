#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::wamp {

/// The line that tor sends before a client's first byte (HiddenServiceExportCircuitID haproxy):
/// `PROXY TCP6 fc00:dead:beef:4dad::0:18 ::1 24 80` and CR LF. The low 32 bits of the source
/// address name the circuit.
struct ProxyLine {
    static constexpr std::size_t bytes_max = 107;  ///< HAProxy's PROXY protocol, version 1

    enum class Kind : std::uint8_t {
        incomplete,  ///< a valid beginning: more bytes are needed
        complete,
        malformed,  ///< cannot become a valid line: close the connection
    };
    Kind kind = Kind::incomplete;
    std::size_t bytes = 0;      ///< if complete: the length of the line, CR LF included
    std::uint32_t circuit = 0;  ///< if complete
};

/// Parses the first bytes of a connection. Strict: any other family or source network is malformed,
/// as only tor connects to a socket that expects the line.
ProxyLine read_proxy_line(std::string_view bytes) noexcept;

}  // namespace sallyport::wamp
