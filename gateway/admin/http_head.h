#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::gateway {

/// An HTTP request, as far as the pages of the program need it.
struct HttpHead {
    std::string method;
    std::string path;    ///< without the query
    std::string accept;  ///< "" if it is not there
    std::string host;
    std::string origin;          ///< of the page that a browser shows
    std::string cookie;          ///< all of them
    std::size_t body_bytes = 0;  ///< Content-Length
    std::string body;            ///< what follows the head; not there yet after parse_http_head
};

struct HttpAnswer {
    int status = 200;
    std::string type;
    std::string body;
    std::string headers{};  ///< further ones, each with its line end
};

/// Whether the first line of a connection, without its "\n", begins an HTTP/1 request.
bool begins_http(std::string_view line) noexcept;

/// Reads a head up to and including its empty line; nothing if it is malformed (RFC 9112). A body
/// in parts (Transfer-Encoding) is not understood: its head is malformed.
std::optional<HttpHead> parse_http_head(std::string_view head);

/// Whether a Host header names this machine's loopback, with or without a port. Who else's page a
/// browser shows has another name, also if that name leads here.
bool names_loopback(std::string_view host);

/// A whole answer; the connection ends with it.
std::string http_answer(const HttpAnswer& answer, bool head_only);

}  // namespace sallyport::gateway
